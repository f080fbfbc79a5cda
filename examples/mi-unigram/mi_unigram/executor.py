"""An executor: units one after the other, whatever the provider could take."""

from typing import Any

import attrs

from mi.execute import Pace, execute


def one_by_one(*work: Any, pace: Pace | None = None) -> None:
    """Do a plan's units one by one; arguments as `mi.execute.execute` has them."""
    *work, pace = work if pace is None else (*work, pace)
    execute(*work, attrs.evolve(pace, at_once=1))
