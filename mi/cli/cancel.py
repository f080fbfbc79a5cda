"""`mi cancel`: cancel jobs and batches that a provider runs for unfinished units."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ..errors import MiError, UsageError
from ..planning.plan import PlannedUnit
from ..planning.session import Session
from ..providers.types import Monitor, RemoteJob
from ..providers.watch import NullMonitor
from ..reporting.console import say
from ..reporting.text import pluralize
from .common import console, load_session


def cancel(args: argparse.Namespace) -> int:
    """Cancel the selection's jobs. Finished units, and answers already paid for, are kept.

    Returns:
        1 if the provider could not be asked about a unit or refused to cancel it, 0 otherwise.

    Raises:
        UsageError: The model runs on this machine, or the user did not confirm.
    """
    session = load_session(args, args.words)
    if session.provider.is_free:
        raise UsageError(
            f"{session.model.id} runs on this machine: it has no jobs to cancel elsewhere",
            hint="Ctrl-C stops a run; `--model` names the model whose jobs are meant",
        )
    session.provider.check_credentials()
    out = console()
    errors: list[MiError] = []
    active = []
    for planned in session.plan().todo:
        if not session.store.is_begun(planned.unit.key):
            continue
        job = _ask_provider(session.provider.remote_job, session, planned, errors)
        if job is not None and not job.is_finished:
            active.append(planned)
            say(out, f"{planned.unit.title}: {job.job} is {job.status}")
    if active and not args.yes:
        _confirm(len(active))
    cancelled = 0
    for planned in active:
        job = _ask_provider(session.provider.cancel, session, planned, errors)
        if job is not None:
            say(out, f"{planned.unit.title}: {job.job} is {job.status} now")
            if job.status == "cancelled" and planned.unit.kind == "train":
                _record_cancellation(session, planned, job)
            cancelled += job.status in ("cancelled", "cancelling")
    advice = "; `mi run … --retry-failed` launches trainings again" if cancelled else ""
    say(out, f"{pluralize(cancelled, 'job')} cancelled{advice}")
    for message in dict.fromkeys(map(str, errors)):
        say(out, message, "red")
    return 1 if errors else 0


def _ask_provider(
    ask: Callable[[Path, Monitor], RemoteJob | None],
    session: Session,
    planned: PlannedUnit,
    errors: list[MiError],
) -> RemoteJob | None:
    """Ask about the job of one unit; an error is collected, so that the other units go on."""
    try:
        return ask(session.store.work_dir(planned.unit.key), NullMonitor())
    except MiError as error:
        errors.append(error)
        return None


def _record_cancellation(session: Session, planned: PlannedUnit, job: RemoteJob) -> None:
    """Record a permanent failure: a cancelled training is launched again only on request."""
    message = f"the training {job.job} was cancelled by `mi cancel`"
    session.store.record_failure(planned.unit.key, "cancel", message, permanent=True)


def _confirm(number: int) -> None:
    if not sys.stdin.isatty():
        raise UsageError("nothing was cancelled", hint="--yes cancels without confirmation")
    from rich.prompt import Confirm

    if not Confirm.ask(f"Cancel {pluralize(number, 'job')}?", default=False):
        raise UsageError("nothing was cancelled")
