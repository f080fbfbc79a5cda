"""An executor: units one after the other, whatever the provider could take."""

import attrs

from mi.runner.scheduler import Work, execute


def one_by_one(work: Work) -> None:
    """Do a run's units one by one."""
    execute(attrs.evolve(work, pace=attrs.evolve(work.pace, at_once=1)))
