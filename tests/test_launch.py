"""Launching once: what stands in the log when a create ends in something else than an answer."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from mi.errors import Interrupted, ProviderError
from mi.providers import launch
from mi.providers.launch import Log, NotThere, Reading


@attrs.frozen
class Account:
    fingerprint: str = "f"


READING = Reading(
    is_throttle=lambda error: False,
    is_unsure=lambda error: True,
    told=lambda error: ProviderError(str(error)),
)


def create(log: Log, error: Exception) -> None:
    def make() -> str:
        raise error

    launch.once(log, 1, Account(), make, lambda: [], READING)


def test_a_wish_to_stop_is_no_lost_answer_and_the_job_is_looked_for_later(tmp_path: Path) -> None:
    log = Log(tmp_path / launch.LOG)
    with pytest.raises(Interrupted):
        create(log, Interrupted("stop"))
    line = log.last(*launch.STATES)
    assert line is not None
    assert line["event"] == "intent"


def test_a_lost_answer_whose_job_is_not_there_is_written_down(tmp_path: Path) -> None:
    log = Log(tmp_path / launch.LOG)
    with pytest.raises(NotThere):
        create(log, OSError("cut off"))
    assert [line["event"] for line in log.lines(*launch.STATES)] == ["intent", "rejected"]


def test_what_went_out_batch_by_batch_is_summed(tmp_path: Path) -> None:
    assert launch.handed(tmp_path) == 0
    log = Log(tmp_path / launch.LOG)
    log.add("intent", attempt=1, account="f")
    for step, tokens in enumerate((30, 12), 1):
        log.add("sent", step=step, tokens=tokens)
    assert launch.handed(tmp_path) == 42
