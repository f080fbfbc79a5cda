"""`mi cancel`: end what a provider is doing for units that are not done."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from ..errors import MiError, UsageError
from ..planning.plan import PlannedUnit
from ..planning.session import Session
from ..providers.types import Monitor, RemoteJob
from ..reporting.header import pluralize
from ..reporting.progress import say
from .common import NullMonitor, console, load_session


def cancel(args: argparse.Namespace) -> int:
    """Cancel jobs and batches of the selection; what is done, and what was paid for, stays."""
    session = load_session(args, args.words)
    if session.provider.is_free:
        raise UsageError(
            f"{session.model.id} runs on this machine: there is nothing elsewhere to cancel",
            hint="Ctrl-C ends a run; `--model` says whose jobs are meant",
        )
    session.provider.check_credentials()
    begun = [planned for planned in session.plan().todo if session.store.is_begun(planned.unit.key)]
    out = console()
    troubles: list[MiError] = []
    under_way = []
    for planned in begun:
        job = _ask_provider(session.provider.remote_job, session, planned, troubles)
        if job is not None and not job.is_finished:
            under_way.append(planned)
            say(out, f"{planned.unit.title}: {job.job} is {job.status}")
    if under_way and not args.yes:
        _confirm(len(under_way))
    ended = 0
    for planned in under_way:
        was = _ask_provider(session.provider.cancel, session, planned, troubles)
        if was is not None:
            say(out, f"{planned.unit.title}: {was.job} is {was.status} now")
            if was.status == "cancelled" and planned.unit.kind == "train":
                _record_cancellation(session, planned, was)
            ended += was.status in ("cancelled", "cancelling")
    then = "; `mi run … --retry-failed` launches trainings anew" if ended else ""
    say(out, f"{pluralize(ended, 'job')} cancelled{then}")
    for trouble in dict.fromkeys(map(str, troubles)):
        say(out, trouble, "red")
    return 1 if troubles else 0


def _ask_provider(
    ask: Callable[[Path, Monitor], RemoteJob | None],
    session: Session,
    planned: PlannedUnit,
    troubles: list[MiError],
) -> RemoteJob | None:
    """What the provider says of a unit; trouble with one is no reason to leave the others."""
    try:
        return ask(_folder(session, planned), NullMonitor())
    except MiError as error:
        troubles.append(error)
        return None


def _record_cancellation(session: Session, planned: PlannedUnit, job: RemoteJob) -> None:
    """A cancelled training is not launched again unless somebody says so."""
    message = f"the training {job.job} was cancelled by `mi cancel`"
    session.store.record_failure(planned.unit.key, "cancel", message, permanent=True)


def _folder(session: Session, planned: PlannedUnit) -> Path:
    return session.store.work_dir(planned.unit.key)


def _confirm(number: int) -> None:
    if not sys.stdin.isatty():
        raise UsageError("nothing was cancelled", hint="--yes cancels without asking")
    from rich.prompt import Confirm

    if not Confirm.ask(f"Cancel {pluralize(number, 'job')}?", default=False):
        raise UsageError("nothing was cancelled")
