"""Tables of cases too long for `make test`, which still runs some of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def mostly_slow(cases: Iterable[Any], every: int) -> list[Any]:
    """The cases with all but one in `every` marked slow: `make test-all` runs them all.

    Args:
        cases: The values of one parameter, or tuples of values of several.
        every: Which cases stay: the first of each `every`.
    """
    return [
        case
        if index % every == 0
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.slow)
        for index, case in enumerate(cases)
    ]
