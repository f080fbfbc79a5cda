"""Runs that a server created although their client never arrived.

Nothing can drive such a run, so it trains nothing and costs nothing. But it takes up the server's
capacity until its session ends, and every further create that fails like it would take more.
"""

from __future__ import annotations

import logging

import attrs

from ..types import Monitor, TrainJob
from . import runs
from .client import Server
from .futures import run_in_thread
from .sampler_slots import unload_run_quietly

logger = logging.getLogger(__name__)


@attrs.define
class LostRuns:
    """The runs of a unit, as far as they are accounted for.

    Args:
        job: The training.
        server: Where it runs.
        monitor: May stop a wait.
        run_ids: Runs that existed before, have a client, or were unloaded. A run that is listed
            and not among them was created by a call that returned no client.
    """

    job: TrainJob
    server: Server
    monitor: Monitor
    run_ids: set[str] = attrs.field(factory=set)

    def list_runs(self) -> list[runs.UnitRun]:
        """The unit's runs, which are accounted for from now on."""
        listed = self._list()
        self.run_ids.update(run.id for run in listed)
        return listed

    def unload(self) -> None:
        """Unload the runs that are not accounted for. A server without metadata does not show them.

        Raises:
            ProviderError: The server does not list its runs.
            Interrupted: The user asked to stop.
        """
        service = self.server.service(self.monitor)
        for run in self._list():
            if run.id not in self.run_ids:
                logger.info("%s: the run %s has no client; unloading it", self.job.title, run.id)
                self.run_ids.add(run.id)
                run_in_thread(lambda id=run.id: unload_run_quietly(service, id), self.monitor)  # type: ignore[misc]

    def _list(self) -> list[runs.UnitRun]:
        base = self.server.served_name(self.job.model.name)
        return runs.list_runs(self.server, base, self.job.key, self.monitor)
