"""An executor that runs one unit at a time, whatever the provider allows."""

import attrs

from mi.runner.scheduler import execute_in_process
from mi.runner.types import Run


def one_by_one(run: Run) -> None:
    """Run the units of a run one by one."""
    execute_in_process(attrs.evolve(run, limits=attrs.evolve(run.limits, max_concurrent=1)))
