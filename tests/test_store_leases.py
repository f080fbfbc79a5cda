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

from mi.errors import LeaseLost, StoreError
from mi.store.shared import process
from mi.store.shared.backend import FolderBackend
from mi.store.shared.claims import ClaimFiles
from mi.store.shared.leases import Leases
from tests.support.background import until


@pytest.fixture
def place(tmp_path: Path) -> FolderBackend:
    return FolderBackend(tmp_path)


@pytest.fixture(autouse=True)
def other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes here cannot be looked up, as those of another machine cannot."""
    monkeypatch.setattr(process, "start_time", lambda pid: None)


def test_one_holds_and_the_others_wait(place: FolderBackend) -> None:
    inside, most = [], []

    def work(at: int) -> None:
        with Leases(place, 30.0).acquire("a", "b"):
            inside.append(at)
            most.append(len(inside))
            time.sleep(0.05)
            inside.remove(at)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    assert most == [1] * 6


def test_who_waits_is_told_for_what(place: FolderBackend) -> None:
    told: list[str] = []

    class Enough(Exception):
        pass

    def waiting(name: str) -> None:
        told.append(name)
        raise Enough

    with (
        Leases(place).acquire("a"),
        pytest.raises(Enough),
        Leases(place).acquire("a", on_wait=waiting),
    ):
        pass
    assert told == ["a"]


def _stopped(place: FolderBackend, said: Any) -> None:
    """Hold a claim, be stopped by somebody, and look at it once more."""
    claims = Leases(place, 3.0)
    with claims.acquire("a"):
        said.put("holding")
        time.sleep(0.3)
        try:
            claims.assert_held("a")
            said.put("held")
        except LeaseLost:
            said.put("lost")


def test_a_stopped_process_is_taken_over_and_finds_out_when_it_wakes(place: FolderBackend) -> None:
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()
    zombie = context.Process(target=_stopped, args=(place, said))
    zombie.start()
    assert said.get() == "holding"
    assert zombie.pid is not None
    os.kill(zombie.pid, signal.SIGSTOP)
    heir = Leases(place, 3.0)
    with heir.acquire("a"):
        os.kill(zombie.pid, signal.SIGCONT)
        assert said.get() == "lost"
        zombie.join(10)
        heir.assert_held("a")
    assert not heir.is_active("a")


def test_an_owner_that_was_silent_too_long_goes_on_only_if_nobody_took_over(
    place: FolderBackend,
) -> None:
    sleepy = Leases(place, 5.0)
    with sleepy.acquire("a"):
        sleepy.valid_until = float("-inf")
        sleepy.assert_held("a")
        numbers = [int(name.rpartition("/")[2]) for name in place.versions("claims/a")]
        assert max(numbers) == 2
        sleepy.assert_held("a")


def test_a_living_owner_keeps_its_claim_for_as_long_as_it_likes(place: FolderBackend) -> None:
    heir = Leases(place, 3.0)
    taken = threading.Event()

    def wait() -> None:
        with heir.acquire("a"):
            taken.set()

    with Leases(place, 3.0).acquire("a"):
        thread = threading.Thread(target=wait)
        thread.start()
        assert not taken.wait(4.5)
    thread.join(10)
    assert taken.is_set()


def test_a_dead_process_of_this_machine_is_not_waited_for(
    place: FolderBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = Leases(place, 600.0)
    never_released = dead.acquire("a")
    never_released.__enter__()
    name = next(iter(place.versions("owners")))
    facts = json.loads(place.read(name))
    place.write(name, json.dumps({**facts, "pid": 2**22 + 1, "began": "12345"}).encode())
    with Leases(place, 600.0).acquire("a"):
        assert not dead.is_active("b")


@pytest.mark.parametrize("error", [PermissionError, OSError], ids=["hidden", "too many files"])
def test_a_process_that_cannot_be_looked_up_counts_as_running(
    monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    def refused(*words: Any, **more: Any) -> Any:
        raise error

    monkeypatch.undo()
    since = process.start_time(os.getpid())
    assert process.is_running(os.getpid(), since)
    assert not process.is_running(os.getpid(), "another one's")
    monkeypatch.setattr("builtins.open", refused)
    assert process.is_running(os.getpid(), since)


def test_a_process_that_waits_to_be_buried_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with subprocess.Popen(["true"]) as ended:
        until(lambda: process.start_time(ended.pid) == "")
        assert not process.is_running(ended.pid)
    assert not process.is_running(ended.pid)


def test_numbers_only_grow_and_old_ones_are_taken_away(place: FolderBackend) -> None:
    for _ in range(5):
        with Leases(place).acquire("a"):
            pass
    numbers = sorted(int(name.rpartition("/")[2]) for name in place.versions("claims/a"))
    assert numbers[-1] == 5
    assert len(numbers) <= 2


def test_whether_somebody_is_at_it_can_be_seen(place: FolderBackend) -> None:
    looking = Leases(place)
    assert not looking.is_active("a")
    with Leases(place).acquire("a"):
        assert looking.is_active("a")
    assert not looking.is_active("a")


def test_a_pulse_carries_what_should_go_out_with_it(place: FolderBackend) -> None:
    beats: list[float] = []
    claims = Leases(place, 2.0, lambda: beats.append(time.monotonic()))
    with claims.acquire("a"):
        until(lambda: len(beats) >= 2)


class Enough(Exception):
    """Somebody else has it."""


def enough(name: str) -> None:
    raise Enough


@attrs.define
class Odd:
    """A place whose answers can be meddled with, by the name of the method."""

    place: FolderBackend
    odd: dict[str, Callable[..., Any]] = attrs.field(factory=dict)

    def __getattr__(self, name: str) -> Any:
        plain = getattr(self.place, name)
        return partial(self.odd[name], plain) if name in self.odd else plain


def test_time_that_a_machine_was_suspended_counts_as_silence(
    place: FolderBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims, clock = Leases(place, 60.0), time.clock_gettime
    with claims.acquire("a"):
        before = claims.owner_id
        monkeypatch.setattr(
            time,
            "clock_gettime",
            lambda which: clock(which) + 600.0,
        )
        claims.assert_held("a")
        assert claims.owner_id != before


def test_an_owner_whose_pulse_was_taken_away_stops_trusting_itself(place: FolderBackend) -> None:
    frozen, heir = Leases(place, 2.0), Leases(place, 600.0)
    with frozen.acquire("a"):
        place.delete(place.versions("owners"))
        with heir.acquire("a", on_wait=enough):

            def lost() -> bool:
                try:
                    frozen.assert_held("a")
                except LeaseLost:
                    return True
                return False

            until(lost, 5.0)
            heir.assert_held("a")


def test_a_pulse_that_arrives_too_late_is_none(place: FolderBackend) -> None:
    """Others may have taken over before it."""
    odd: Any = Odd(place)
    claims = Leases(odd, 60.0)
    with claims.acquire("a"):

        def late(write: Any, *words: Any) -> None:
            claims.valid_until = float("-inf")
            write(*words)

        odd.odd["write"] = late
        claims.send_heartbeat()
        odd.odd.clear()
        assert not claims.is_valid()
        claims.assert_held("a")


def test_what_one_thread_holds_another_one_waits_for(place: FolderBackend) -> None:
    claims = Leases(place)
    with claims.acquire("a"), pytest.raises(Enough), claims.acquire("a", on_wait=enough):
        pass
    with claims.acquire("a", on_wait=enough):
        pass


def test_a_claim_whose_making_was_not_confirmed_is_not_waited_for(place: FolderBackend) -> None:
    odd: Any = Odd(place)
    claims, told = Leases(odd, 5.0), []

    def waiting(name: str) -> None:
        told.append(name)
        if len(told) > 1:
            raise Enough

    with claims.acquire("b"):

        def unsure(create: Any, *words: Any) -> bool:
            create(*words)
            odd.odd.clear()
            return False

        odd.odd["create"] = unsure
        with claims.acquire("a", on_wait=waiting):
            claims.assert_held("a")
            claims.assert_held("b")
        assert place.versions("owners")


def test_a_claim_that_could_not_be_released_is_released_with_a_later_pulse(
    place: FolderBackend,
) -> None:
    odd: Any = Odd(place)
    claims = Leases(odd, 1.5)

    def away(*words: Any) -> None:
        raise StoreError("is away")

    with claims.acquire("b"):
        with claims.acquire("a"):
            odd.odd["write"] = away
        odd.odd.clear()
        assert ClaimFiles(place).current("a")[1] == claims.owner_id
        until(lambda: ClaimFiles(place).current("a")[1] is None, 5.0)
        claims.assert_held("b")


def test_a_claim_kept_after_a_silence_is_known_though_its_making_was_not_confirmed(
    place: FolderBackend,
) -> None:
    odd: Any = Odd(place)
    claims = Leases(odd, 600.0)

    def lost(create: Any, *words: Any) -> bool:
        create(*words)
        raise StoreError("is away")

    with claims.acquire("a"):
        claims.valid_until = float("-inf")
        odd.odd["create"] = lost
        with pytest.raises(StoreError):
            claims.assert_held("a")
        odd.odd.clear()
        claims.assert_held("a")


def test_a_claim_that_arrives_beneath_newer_ones_holds_nothing(place: FolderBackend) -> None:
    """Its number was made by others, and taken away, while it was on its way."""
    odd: Any = Odd(place)
    others = Leases(place, 600.0)
    late = Leases(odd, 600.0)

    never_released: list[Any] = []

    def overtaken(create: Any, *words: Any) -> bool:
        odd.odd.clear()
        for _ in range(3):
            with others.acquire("a"):
                pass
        never_released.append(others.acquire("a"))
        never_released[-1].__enter__()
        made: bool = create(*words)
        assert made
        return made

    odd.odd["create"] = overtaken
    with pytest.raises(Enough), late.acquire("a", on_wait=enough):
        pass
    assert ClaimFiles(place).current("a")[0] == 4
    others.assert_held("a")
