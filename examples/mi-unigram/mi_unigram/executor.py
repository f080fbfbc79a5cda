"""An executor: units one after the other, whatever the provider could take."""

import attrs

from mi.runner.scheduler import Run, execute_in_process


def one_by_one(run: Run) -> None:
    """Do a run's units one by one."""
    execute_in_process(attrs.evolve(run, limits=attrs.evolve(run.limits, max_concurrent=1)))
