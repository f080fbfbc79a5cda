"""A claim is one process's at a time, and a process that was taken for dead can do no harm."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.errors import Lost, StoreError
from mi.store.shared import process
from mi.store.shared.backend import Folder
from mi.store.shared.leases import Claims
from tests.background import until


@pytest.fixture
def place(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(autouse=True)
def other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes here cannot be looked up, as those of another machine cannot."""
    monkeypatch.setattr(process, "began", lambda pid: None)


def test_one_holds_and_the_others_wait(place: Folder) -> None:
    inside, most = [], []

    def work(at: int) -> None:
        with Claims(place, 30.0).held("a", "b"):
            inside.append(at)
            most.append(len(inside))
            time.sleep(0.05)
            inside.remove(at)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert most == [1] * 6


def test_who_waits_is_told_for_what(place: Folder) -> None:
    told: list[str] = []

    class Enough(Exception):
        pass

    def waiting(name: str) -> None:
        told.append(name)
        raise Enough

    with Claims(place).held("a"), pytest.raises(Enough), Claims(place).held("a", waiting=waiting):
        pass
    assert told == ["a"]


def _stopped(place: Folder, said: Any) -> None:
    """Hold a claim, be stopped by somebody, and look at it once more."""
    claims = Claims(place, 3.0)
    with claims.held("a"):
        said.put("holding")
        time.sleep(0.3)
        try:
            claims.check("a")
            said.put("held")
        except Lost:
            said.put("lost")


def test_a_stopped_process_is_taken_over_and_finds_out_when_it_wakes(place: Folder) -> None:
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()
    zombie = context.Process(target=_stopped, args=(place, said))
    zombie.start()
    assert said.get() == "holding"
    assert zombie.pid is not None
    os.kill(zombie.pid, signal.SIGSTOP)
    heir = Claims(place, 3.0)
    with heir.held("a"):
        os.kill(zombie.pid, signal.SIGCONT)
        assert said.get() == "lost"
        zombie.join(10)
        heir.check("a")
    assert not heir.is_live("a")


def test_an_owner_that_was_silent_too_long_goes_on_only_if_nobody_took_over(place: Folder) -> None:
    sleepy = Claims(place, 5.0)
    with sleepy.held("a"):
        sleepy._until = float("-inf")
        sleepy.check("a")
        numbers = [int(name.rpartition("/")[2]) for name in place.stamps("claims/a")]
        assert max(numbers) == 2
        sleepy.check("a")


def test_a_living_owner_keeps_its_claim_for_as_long_as_it_likes(place: Folder) -> None:
    heir = Claims(place, 3.0)
    taken = threading.Event()

    def wait() -> None:
        with heir.held("a"):
            taken.set()

    with Claims(place, 3.0).held("a"):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not taken.wait(4.5)
    thread.join(10)
    assert taken.is_set()


def test_a_dead_process_of_this_machine_is_not_waited_for(
    place: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Claims(place, 600.0)
    dead._take("a", None)
    name = next(iter(place.stamps("owners")))
    facts = json.loads(place.read(name))
    place.write(name, json.dumps({**facts, "pid": 2**22 + 1, "began": "12345"}).encode())
    with Claims(place, 600.0).held("a"):
        assert not dead.is_live("b")


@pytest.mark.parametrize("error", [PermissionError, OSError], ids=["hidden", "too many files"])
def test_a_process_that_cannot_be_looked_up_counts_as_running(
    monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    def refused(*words: Any, **more: Any) -> Any:
        raise error

    monkeypatch.undo()
    since = process.began(os.getpid())
    assert process.runs(os.getpid(), since)
    assert not process.runs(os.getpid(), "another one's")
    monkeypatch.setattr("builtins.open", refused)
    assert process.runs(os.getpid(), since)


def test_a_process_that_waits_to_be_buried_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with subprocess.Popen(["true"]) as ended:
        until(lambda: process.began(ended.pid) == "")
        assert not process.runs(ended.pid)
    assert not process.runs(ended.pid)


def test_numbers_only_grow_and_old_ones_are_taken_away(place: Folder) -> None:
    for _ in range(5):
        with Claims(place).held("a"):
            pass
    numbers = sorted(int(name.rpartition("/")[2]) for name in place.stamps("claims/a"))
    assert numbers[-1] == 5
    assert len(numbers) <= 2


def test_whether_somebody_is_at_it_can_be_seen(place: Folder) -> None:
    looking = Claims(place)
    assert not looking.is_live("a")
    with Claims(place).held("a"):
        assert looking.is_live("a")
    assert not looking.is_live("a")


def test_a_pulse_carries_what_should_go_out_with_it(place: Folder) -> None:
    beats: list[float] = []
    claims = Claims(place, 2.0, lambda: beats.append(time.monotonic()))
    with claims.held("a"):
        until(lambda: len(beats) >= 2)


class Enough(Exception):
    """Somebody else has it."""


def enough(name: str) -> None:
    raise Enough


@attrs.define
class Odd:
    """A place whose answers can be meddled with, by the name of the method."""

    place: Folder
    odd: dict[str, Callable[..., Any]] = attrs.field(factory=dict)

    def __getattr__(self, name: str) -> Any:
        plain = getattr(self.place, name)
        return partial(self.odd[name], plain) if name in self.odd else plain


def test_time_that_a_machine_was_suspended_counts_as_silence(
    place: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims, clock = Claims(place, 60.0), time.clock_gettime
    with claims.held("a"):
        before = claims._owner
        monkeypatch.setattr(
            time,
            "clock_gettime",
            lambda which: clock(which) + 600.0,
        )
        claims.check("a")
        assert claims._owner != before


def test_an_owner_whose_pulse_was_taken_away_stops_trusting_itself(place: Folder) -> None:
    frozen, heir = Claims(place, 2.0), Claims(place, 600.0)
    with frozen.held("a"):
        place.delete(place.stamps("owners"))
        with heir.held("a", waiting=enough):

            def lost() -> bool:
                try:
                    frozen.check("a")
                except Lost:
                    return True
                return False

            until(lost, 5.0)
            heir.check("a")


def test_a_pulse_that_arrives_too_late_is_none(place: Folder) -> None:
    """Others may have taken over before it."""
    odd: Any = Odd(place)
    claims = Claims(odd, 60.0)
    with claims.held("a"):

        def late(write: Any, *words: Any) -> None:
            claims._until = float("-inf")
            write(*words)

        odd.odd["write"] = late
        claims._beat()
        odd.odd.clear()
        assert not claims._trusts()
        claims.check("a")


def test_what_one_thread_holds_another_one_waits_for(place: Folder) -> None:
    claims = Claims(place)
    with claims.held("a"), pytest.raises(Enough), claims.held("a", waiting=enough):
        pass
    with claims.held("a", waiting=enough):
        pass


def test_a_claim_whose_making_was_not_confirmed_is_not_waited_for(place: Folder) -> None:
    odd: Any = Odd(place)
    claims, told = Claims(odd, 5.0), []

    def waiting(name: str) -> None:
        told.append(name)
        if len(told) > 1:
            raise Enough

    with claims.held("b"):

        def unsure(create: Any, *words: Any) -> bool:
            create(*words)
            odd.odd.clear()
            return False

        odd.odd["create"] = unsure
        with claims.held("a", waiting=waiting):
            claims.check("a")
            claims.check("b")
        assert place.stamps("owners")


def test_a_claim_that_could_not_be_released_is_released_with_a_later_pulse(place: Folder) -> None:
    odd: Any = Odd(place)
    claims, other = Claims(odd, 1.5), Claims(place, 1.5)

    def away(*words: Any) -> None:
        raise StoreError("is away")

    with claims.held("b"):
        with claims.held("a"):
            odd.odd["write"] = away
        odd.odd.clear()
        assert other._top("a")[1] == claims._owner
        until(lambda: other._top("a")[1] is None, 5.0)
        claims.check("b")


def test_a_claim_kept_after_a_silence_is_known_though_its_making_was_not_confirmed(
    place: Folder,
) -> None:
    odd: Any = Odd(place)
    claims = Claims(odd, 600.0)

    def lost(create: Any, *words: Any) -> bool:
        create(*words)
        raise StoreError("is away")

    with claims.held("a"):
        claims._until = float("-inf")
        odd.odd["create"] = lost
        with pytest.raises(StoreError):
            claims.check("a")
        odd.odd.clear()
        claims.check("a")


def test_a_claim_that_arrives_beneath_newer_ones_holds_nothing(place: Folder) -> None:
    """Its number was made by others, and taken away, while it was on its way."""
    odd: Any = Odd(place)
    others = Claims(place, 600.0)
    late = Claims(odd, 600.0)

    def overtaken(create: Any, *words: Any) -> bool:
        odd.odd.clear()
        for _ in range(3):
            with others.held("a"):
                pass
        others._take("a", None)
        made: bool = create(*words)
        assert made
        return made

    odd.odd["create"] = overtaken
    with pytest.raises(Enough), late.held("a", waiting=enough):
        pass
    assert others._top("a")[0] == 4
    others.check("a")
