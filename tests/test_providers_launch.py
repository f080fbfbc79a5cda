"""Launching once: what stands in the log when a create ends in something else than an answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.errors import Interrupted, ProviderError, RequestRejected
from mi.providers import launch
from mi.providers.create import ErrorClassifier, NotCreated, create_once
from mi.providers.launch import ExistingJob, LaunchLog


@attrs.frozen
class Account:
    fingerprint: str = "f"


READING = ErrorClassifier(
    is_throttle=lambda error: False,
    is_uncertain=lambda error: True,
    to_error=lambda error: ProviderError(str(error)),
)


def create(log: LaunchLog, error: Exception) -> None:
    def make() -> str:
        raise error

    create_once(log, 1, Account(), make, lambda may_repeat: [], READING)


def test_a_wish_to_stop_is_no_lost_answer_and_the_job_is_looked_for_later(tmp_path: Path) -> None:
    log = LaunchLog(tmp_path / launch.LAUNCH_LOG)
    with pytest.raises(Interrupted):
        create(log, Interrupted("stop"))
    line = log.last_entry(*launch.STATE_EVENTS)
    assert line is not None
    assert line["event"] == "intent"


def test_a_lost_answer_whose_job_is_not_there_is_written_down(tmp_path: Path) -> None:
    log = LaunchLog(tmp_path / launch.LAUNCH_LOG)
    with pytest.raises(NotCreated):
        create(log, OSError("cut off"))
    assert [line["event"] for line in log.entries(*launch.STATE_EVENTS)] == ["intent", "rejected"]


def job(name: str, **facts: Any) -> ExistingJob[Account]:
    facts = {"attempt": 1, "has_failed": False, "created_at": 1.0, **facts}
    return ExistingJob(job=name, account=Account(), **facts)


def refuse(attempt: int) -> launch.LaunchedJob[Account]:
    raise AssertionError("it must not create a job")


@pytest.mark.parametrize("is_throttle", [True, False])
@pytest.mark.parametrize("is_uncertain", [True, False])
def test_a_job_that_is_found_is_the_launch_s_whatever_the_create_raised(
    tmp_path: Path, is_throttle: bool, is_uncertain: bool
) -> None:
    log = LaunchLog(tmp_path / launch.LAUNCH_LOG)
    reading = attrs.evolve(
        READING, is_throttle=lambda error: is_throttle, is_uncertain=lambda error: is_uncertain
    )
    found = [job("other", attempt=2), job("failed", has_failed=True), job("mine", created_at=2.0)]

    def make() -> str:
        raise OSError("no")

    launched = create_once(log, 1, Account(), make, lambda may_repeat: found, reading)
    assert launched.job == "mine"
    assert [line["event"] for line in log.entries(*launch.STATE_EVENTS)] == ["intent", "created"]


def test_a_look_that_fails_proves_nothing(tmp_path: Path) -> None:
    log = LaunchLog(tmp_path / launch.LAUNCH_LOG)

    def blind(age: object) -> list[ExistingJob[Account]]:
        raise RequestRejected("403")

    def make() -> str:
        raise OSError("no")

    reading = attrs.evolve(READING, is_uncertain=lambda error: False)
    with pytest.raises(ProviderError, match="no, and whether the job was created all") as raised:
        create_once(log, 1, Account(), make, blind, reading)
    assert not isinstance(raised.value, RequestRejected)
    with pytest.raises(ProviderError, match="is not known: 403"):
        launch.adopt_or_create(log, [Account()], (), blind, refuse)
    assert [line["event"] for line in log.entries(*launch.STATE_EVENTS)] == ["intent"]


@pytest.mark.parametrize(
    ("jobs", "kept"),
    [
        ([], None),
        ([job("a", has_failed=True)], None),
        ([job("b"), job("a")], "a"),
        ([job("a", created_at=2.0), job("b")], "b"),
        ([job("a"), job("b", created_at=2.0, has_succeeded=True)], "b"),
    ],
)
def test_every_run_keeps_the_same_job(jobs: list[ExistingJob[Account]], kept: str | None) -> None:
    for order in (jobs, jobs[::-1]):
        choice = launch.choose_job(order)
        assert (choice.job if choice else None) == kept


@pytest.mark.parametrize(
    ("events", "looks_again"),
    [((), False), (("intent",), True), (("intent", "rejected"), True), (("created",), None)],
)
def test_a_create_that_returned_no_job_is_looked_for_again(
    tmp_path: Path, events: tuple[str, ...], looks_again: bool | None
) -> None:
    log, ages = LaunchLog(tmp_path / launch.LAUNCH_LOG), list[float | None]()
    for event in events:
        log.append(event, attempt=1, account="f", job="a")

    def find(age: float | None) -> list[ExistingJob[Account]]:
        ages.append(age)
        return [job("a")]

    found = launch.adopt_or_create(log, [Account()], (), find, refuse)
    assert found.job == "a"
    assert [age is not None for age in ages] == ([] if looks_again is None else [looks_again])


def test_what_went_out_batch_by_batch_is_summed(tmp_path: Path) -> None:
    assert launch.sent_tokens(tmp_path) == 0
    log = LaunchLog(tmp_path / launch.LAUNCH_LOG)
    log.append("intent", attempt=1, account="f")
    for step, tokens in enumerate((30, 12), 1):
        log.append("sent", step=step, tokens=tokens)
    assert launch.sent_tokens(tmp_path) == 42
