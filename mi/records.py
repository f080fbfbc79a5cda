"""What a store says of a unit: done, begun and not done, or failed."""

from __future__ import annotations

from typing import Any

import attrs

FAILURE = "failure.json"
BEGUN = "begun.json"


@attrs.frozen(kw_only=True)
class UnitRecord:
    """What a published unit says of itself.

    Args:
        payload: What its key was made from, as plain values.
        outcome: What the step reported, by name.
        journals: Journals it was made from: role → name.
        run: The run that finished it.
        seconds: Wall time of the attempt that finished it.
    """

    key: str
    kind: str
    scheme: int
    title: str
    setting: str
    payload: dict[str, Any]
    outcome: dict[str, Any]
    journals: dict[str, str]
    run: str
    finished: str
    seconds: float


@attrs.frozen(kw_only=True)
class Failure:
    """Why a unit failed the last time, and whether trying again would meet the same."""

    run: str
    at: str
    message: str
    permanent: bool = False


@attrs.frozen(kw_only=True)
class Begun:
    """What is known of a unit before it is done; fields as in `UnitRecord`."""

    key: str
    kind: str
    title: str
    setting: str
    payload: dict[str, Any]
    journals: dict[str, str]
