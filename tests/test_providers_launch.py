"""Launching once: what stands in the log when a create ends in something else than an answer."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from mi.errors import Interrupted, ProviderError
from mi.providers import launch
from mi.providers.create import ErrorClassifier, NotCreated, create_once
from mi.providers.launch import LaunchLog


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


def test_what_went_out_batch_by_batch_is_summed(tmp_path: Path) -> None:
    assert launch.sent_tokens(tmp_path) == 0
    log = LaunchLog(tmp_path / launch.LAUNCH_LOG)
    log.append("intent", attempt=1, account="f")
    for step, tokens in enumerate((30, 12), 1):
        log.append("sent", step=step, tokens=tokens)
    assert launch.sent_tokens(tmp_path) == 42
