"""Wait until a server has saved a checkpoint, even if its reply is lost.

A server may save a checkpoint, lose the reply, and refuse the same name from then on. So its list
is consulted as well: a checkpoint that is listed was saved.
"""

from __future__ import annotations

import time
from typing import Any

import attrs

from ..types import Monitor, TrainJob
from . import runs
from .client import Server
from .futures import standard_future, wait_until_done
from .resume import ActiveRun

LIST_INTERVAL = 5.0
"""Seconds without a reply after which the server's list is consulted."""
SAVE_GRACE = 60.0
"""Seconds for which the reply to a listed training state may be late before it counts as lost."""


class SaveReplyLost(Exception):
    """A state was saved but the reply was lost, so the training resumes from that state."""


@attrs.define(kw_only=True)
class PendingSave:
    """A checkpoint that was requested.

    Args:
        step: Steps taken; None for the finished model.
        future: The SDK's future of the reply.
    """

    step: int | None
    future: Any

    def wait(self, job: TrainJob, server: Server, run: ActiveRun, monitor: Monitor) -> str:
        """Wait for the checkpoint and return its path.

        The reply about a training state may merely be slow, and the server has already taken steps
        sent after it, so it is awaited for `SAVE_GRACE` before the run is given up.

        Args:
            job: The training.
            server: Where it runs.
            run: The run that is saved.
            monitor: May stop the wait.

        Raises:
            SaveReplyLost: A training state was saved and the reply was lost.
            Interrupted: The user asked to stop.
        """
        listed_at: float | None = None
        while not wait_until_done(self.future, LIST_INTERVAL, monitor):
            model = server.served_name(job.model.name)
            existing = runs.list_runs(server, model, job.key, monitor)
            path = runs.checkpoint_path(existing, run.run_id, self.step)
            if path is None:
                continue
            listed_at = listed_at or time.monotonic()
            if self.step is not None and time.monotonic() - listed_at < SAVE_GRACE:
                continue
            self.cancel()
            if self.step is None:
                return path
            raise SaveReplyLost
        return str(standard_future(self.future).result().path)

    def cancel(self) -> None:
        """Do not send the request, if the SDK still holds it back behind another one."""
        standard_future(self.future).cancel()
