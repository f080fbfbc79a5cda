"""A unit's training runs as the server lists them, and what was saved of each.

A run ends with the process that drives it, and another one goes on from what it saved. So a unit
may have several runs, of which each begins where an earlier one was saved. They are known by the
unit's key: in a run's metadata, and in the names of what is saved, for a server that keeps no
metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ..launch import ATTEMPT, UNIT, Found
from ..types import Watch
from .client import Server
from .errors import told
from .futures import result

if TYPE_CHECKING:
    from tinker import TrainingRun

FINAL = "final"
_NAME = re.compile(r"(?P<key>.+)-a(?P<attempt>\d+)-(?P<step>\d+|final)")
_PAGE = 100


def name(key: str, attempt: int, step: int | None) -> str:
    """What a state after so many steps is saved as, or the finished model (None)."""
    return f"{key}-a{attempt}-{FINAL if step is None else f'{step:06d}'}"


def metadata(key: str, attempt: int) -> dict[str, str]:
    """What a run carries, so that it is found again."""
    return {UNIT: key, ATTEMPT: str(attempt)}


@attrs.frozen(kw_only=True)
class Saved:
    """Something that was saved: where, and after how many steps (None: the finished model)."""

    path: str
    step: int | None


@attrs.frozen(kw_only=True)
class Run:
    """A training run of a unit."""

    id: str
    attempt: int
    created: float
    saved: tuple[Saved, ...]

    @property
    def states(self) -> tuple[Saved, ...]:
        """What a training can go on from."""
        return tuple(one for one in self.saved if one.step is not None)


def runs(server: Server, base_model: str, key: str, watch: Watch) -> list[Run]:
    """The unit's runs, the newest first.

    Raises:
        ProviderError: The server does not list them.
    """
    service = server.service(watch)
    try:
        rest = service.create_rest_client()
        listed = list(_listed(rest, watch))
        keeps = any(run.user_metadata or run.last_checkpoint for run in listed)
        found = []
        for run in listed:
            stated = run.user_metadata or {}
            if run.base_model != base_model or (keeps and stated.get(UNIT) != key):
                continue
            made = _run(rest, run, key, watch)
            if made is not None:
                found.append(made)
    except Exception as error:
        raise told(error, server.key, "looking for the training") from None
    return sorted(found, key=lambda run: (run.attempt, run.created), reverse=True)


def best(found: Sequence[Run], retired: int) -> tuple[Run, Saved] | None:
    """What there is to take up: the finished model, else the latest state; of attempts that were
    not retired."""
    there = [(run, one) for run in found if run.attempt > retired for one in run.saved]
    return max(there, key=lambda pair: (pair[1].step is None, pair[1].step or 0), default=None)


def path(found: Sequence[Run], run: str, step: int | None) -> str | None:
    """Where a run has saved its state after so many steps, or the finished model (None)."""
    saved = (one for its in found if its.id == run for one in its.saved)
    return next((one.path for one in saved if one.step == step), None)


def retired(found: Sequence[Run], earlier: Sequence[str]) -> int:
    """The last attempt whose model was put aside; 0 for none."""
    return max((run.attempt for run in found if run.id in earlier), default=0)


def as_found(found: Sequence[Run], server: Server, earlier: Sequence[str]) -> list[Found[Server]]:
    """The runs as launching sees them: one that saved nothing has nothing to take up."""
    gone = retired(found, earlier)
    return [
        Found(
            job=run.id,
            account=server,
            attempt=run.attempt,
            over=not run.saved or run.attempt <= gone,
            created=run.created,
        )
        for run in found
    ]


def _listed(rest: Any, watch: Watch) -> Iterator[TrainingRun]:
    offset = 0
    while True:
        page = result(rest.list_training_runs(limit=_PAGE, offset=offset), watch).training_runs
        yield from page
        offset += len(page)
        if len(page) < _PAGE:
            return


def _run(rest: Any, run: TrainingRun, key: str, watch: Watch) -> Run | None:
    attempt = int((run.user_metadata or {}).get(ATTEMPT, 0))
    saved = []
    for one in result(rest.list_checkpoints(run.training_run_id), watch).checkpoints:
        named = _NAME.fullmatch(one.tinker_path.rpartition("/")[2])
        if named is None or named["key"] != key:
            continue
        attempt = max(attempt, int(named["attempt"]))
        step = None if named["step"] == FINAL else int(named["step"])
        if (one.checkpoint_type == "sampler") == (step is None):
            saved.append(Saved(path=one.tinker_path, step=step))
    if not attempt:
        return None
    return Run(
        id=run.training_run_id,
        attempt=attempt,
        created=run.last_request_time.timestamp(),
        saved=tuple(saved),
    )
