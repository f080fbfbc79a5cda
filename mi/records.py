"""What a store says of a unit: done, begun and not done, or failed."""

from __future__ import annotations

from typing import Any

import attrs

FAILURE = "failure.json"
BEGUN = "begun.json"


@attrs.frozen(kw_only=True)
class Begun:
    """What is known of a unit before it is done.

    Args:
        payload: What its key was made from, as plain values.
        journals: Journals it is made from: role → name.
    """

    key: str
    kind: str
    title: str
    setting: str
    payload: dict[str, Any]
    journals: dict[str, str]


@attrs.frozen(kw_only=True)
class UnitRecord(Begun):
    """What a published unit says of itself.

    Args:
        outcome: What the step reported, by name.
        run: The run that finished it.
        seconds: Wall time of the attempt that finished it.
    """

    scheme: int
    outcome: dict[str, Any]
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
