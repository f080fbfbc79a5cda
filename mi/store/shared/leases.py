"""Claims: who is at what, where machines share nothing but files.

A claim is a file that only one can make, `claims/<name>/<number>`; the highest number holds, and
says who its owner is. An owner lives as long as its pulse, `owners/<owner>`, changes. Whoever has
watched a pulse stand still for as long as it promised to beat, by its own clock, takes the claims
of that owner over by making the next number; clocks of machines are never compared.

The owner is the more careful of the two: well before others may think it dead it thinks so itself,
and then does nothing until it has taken its own claim over, which fails where somebody else has.
So a process that was stopped, swapped out or cut off finds out before it can do harm. Where its
clock did not see that (a virtual machine was frozen) it finds its pulse taken away.
Released claims stay as files that name nobody, so that numbers only grow.
"""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import attrs

from ...errors import LeaseLost, MiError
from . import process
from .backend import Backend

_TRUSTED_SHARE = 0.7  # share of that time after which an owner does not trust itself
_HEARTBEATS_PER_LEASE = 5.0  # pulses within that time
_POLL_SECONDS = 1.0  # seconds between looks at a claim somebody else has


@attrs.define
class Leases:
    """The claims of this process.

    Args:
        seconds: How long this owner may be silent before others take over.
        beating: Called with each pulse, in a thread of its own.
        _mine: All owners that this process has been.
        _wanted: What a thread of this process is about to take.
        _owed: Claims that may be there and are not held.
    """

    backend: Backend
    lease_seconds: float = 60.0
    on_heartbeat: Callable[[], None] = lambda: None
    _held_leases: dict[str, tuple[int, str]] = attrs.field(factory=dict)
    _owner_id: str = ""
    _valid_until: float = float("-inf")
    _own_ids: set[str] = attrs.field(factory=set)
    _pending_acquires: set[str] = attrs.field(factory=set)
    _pending_releases: list[tuple[str, int, str]] = attrs.field(factory=list)
    _last_heartbeats: dict[str, tuple[bytes, float]] = attrs.field(factory=dict)
    _lock: threading.RLock = attrs.field(factory=threading.RLock)
    _heartbeat_thread: threading.Thread | None = None

    @contextmanager
    def acquire(self, *names: str, on_wait: Any = None) -> Iterator[None]:
        """Hold these names against everybody.

        Args:
            waiting: Called with a name while somebody else holds it; may raise.
        """
        taken: list[str] = []
        try:
            for name in sorted(names):
                self._acquire(name, on_wait)
                taken.append(name)
            yield
        finally:
            for name in reversed(taken):
                self._release(name)

    def holds(self, name: str) -> bool:
        """Whether this process holds it, as far as it knows."""
        return name in self._held_leases

    def is_active(self, name: str) -> bool:
        """Whether somebody seems to be at it, as far as the clocks of machines agree."""
        owner = self._current_claim(name)[1]
        if owner is None or self._is_expired(owner):
            return False
        with suppress(FileNotFoundError):
            beat = json.loads(self.backend.read(f"owners/{owner}"))
            silent, allowed = time.time() - float(beat["at"]), 2 * float(beat["seconds"])
            return silent < allowed
        return False

    def assert_held(self, *names: str) -> None:
        """See that claims are still this process's before something is done under them.

        Raises:
            Lost: One is not.
        """
        for name in names:
            with self._lock:
                held = self._held_leases.get(name)
                if held is None:
                    raise LeaseLost("is not held any more", where=name)
                if held[1] != self._ensure_valid_owner():
                    self._reacquire(name)

    def _acquire(self, name: str, on_wait: Any) -> None:
        looked = 0.0
        while not self._try_acquire(name):
            if on_wait is not None and time.monotonic() - looked >= _POLL_SECONDS:
                looked = time.monotonic()
                on_wait(name)
            time.sleep(min(_POLL_SECONDS, self.lease_seconds / 10))

    def _try_acquire(self, name: str) -> bool:
        """Take it unless somebody else has it: another process, or a thread of this one."""
        with self._lock:
            if name in self._held_leases or name in self._pending_acquires:
                return False
            self._pending_acquires.add(name)
        try:
            owner = self._ensure_valid_owner()
            number, other = self._current_claim(name)
            # One of this process's that it does not hold is a stray: an answer got lost.
            mine = other in self._own_ids
            if other is not None and not mine and not self._is_expired(other):
                return False
            try:
                if not self._create_claim(name, number + 1, owner):
                    return False
            except BaseException:  # it may be there
                self._pending_releases.append((name, number + 1, owner))
                raise
            self._held_leases[name] = (number + 1, owner)
            # The last but one may go; the last shows who is late that it is late.
            gone = [_claim_path(name, number - 1)] if number > 1 else []
            with suppress(MiError, OSError):
                self.backend.delete(gone if other is None or mine else [*gone, f"owners/{other}"])
            return True
        finally:
            self._pending_acquires.discard(name)

    def _reacquire(self, name: str) -> None:
        """Hold on to a claim after a long silence, if nobody has taken it."""
        mine = self._ensure_valid_owner()
        number, owner = self._current_claim(name)
        if owner not in self._own_ids or not self._create_claim(name, number + 1, mine):
            raise LeaseLost(
                "was taken over by another run, for this one was silent too long",
                where=name,
                hint="the other one ends it",
            )
        self._held_leases[name] = (number + 1, mine)

    def _create_claim(self, name: str, number: int, owner: str) -> bool:
        """Make the claim of a number; whether it is the one that holds.

        It is not where others have taken and released so often meanwhile that the file of this
        number was there and is gone again.
        """
        if not self.backend.create(_claim_path(name, number), _claim_content(owner)):
            return False
        if max(self._fencing_numbers(name), default=number) <= number:
            return True
        with suppress(MiError, OSError):
            self.backend.delete([_claim_path(name, number)])
        return False

    def _release(self, name: str) -> None:
        owed = (name, *self._held_leases.pop(name))
        self._pending_releases.append(owed)
        self._write_release(owed)

    def _write_release(self, release: tuple[str, int, str]) -> None:
        """Say that nobody holds it; where that fails now, it is said after one of the next pulses,
        or the claim ends with them."""
        name, number, owner = release
        with suppress(MiError, OSError):
            if self._current_claim(name) == (number, owner):
                self.backend.write(_claim_path(name, number), _claim_content(None))
            with suppress(ValueError):  # another thread was faster
                self._pending_releases.remove(release)

    def _current_claim(self, name: str) -> tuple[int, str | None]:
        """The highest number, and who has it; 0 and None for nobody yet."""
        numbers = self._fencing_numbers(name)
        if not numbers:
            return 0, None
        number = max(numbers)
        try:
            owner: str | None = json.loads(self.backend.read(_claim_path(name, number)))["owner"]
        except FileNotFoundError:  # a newer one was made, and this one taken away
            return self._current_claim(name)
        return number, owner

    def _fencing_numbers(self, name: str) -> list[int]:
        return [int(path.rpartition("/")[2]) for path in self.backend.versions(f"claims/{name}/")]

    def _is_expired(self, owner: str) -> bool:
        if owner == self._owner_id and self._is_valid():
            return False
        try:
            beat = self.backend.read(f"owners/{owner}")
        except FileNotFoundError:
            return True
        facts = json.loads(beat)
        if facts["host"] == process.host_id() and not process.is_running(
            facts["pid"], facts["began"]
        ):
            return True
        now = time.monotonic()
        last, since = self._last_heartbeats.get(owner, (b"", now))
        if last != beat:
            since = now
        self._last_heartbeats[owner] = (beat, since)
        return now - since >= float(facts["seconds"])

    def _is_valid(self) -> bool:
        return _boot_clock() < self._valid_until

    def _ensure_valid_owner(self) -> str:
        """This process's name as an owner, another one after each long silence."""
        with self._lock:
            if not self._is_valid():
                last, self._owner_id = self._owner_id, uuid.uuid4().hex
                self._own_ids.add(self._owner_id)
                self._send_heartbeat(first=True)
                if last and all(owner != last for _, owner in list(self._held_leases.values())):
                    self.backend.delete([f"owners/{last}"])
            if self._heartbeat_thread is None or not self._heartbeat_thread.is_alive():
                self._heartbeat_thread = threading.Thread(
                    target=self._heartbeat_loop, daemon=True, name="claims"
                )
                self._heartbeat_thread.start()
            return self._owner_id

    def _send_heartbeat(self, *, first: bool = False) -> None:
        owner, at = self._owner_id, _boot_clock()
        facts = {
            "host": process.host_id(),
            "pid": os.getpid(),
            "began": process.start_time(os.getpid()),
            "seconds": self.lease_seconds,
            "at": time.time(),
        }
        self.backend.write(f"owners/{owner}", json.dumps(facts).encode())
        done = _boot_clock()
        with self._lock:
            # A pulse that came too late is none: others may have taken over before it.
            if owner == self._owner_id and (first or done < self._valid_until):
                # Counted from before it was sent: others cannot have seen it any earlier.
                self._valid_until = max(self._valid_until, at + self.lease_seconds * _TRUSTED_SHARE)

    def _heartbeat_loop(self) -> None:
        carrying: threading.Thread | None = None
        while True:
            time.sleep(self.lease_seconds / _HEARTBEATS_PER_LEASE)
            with suppress(Exception):  # the place is away: what is held is looked at when used
                if self._held_leases and self._confirm_owner():
                    self._send_heartbeat()
                    if carrying is None or not carrying.is_alive():  # a pulse waits for nothing
                        carrying = threading.Thread(target=self._after_heartbeat, daemon=True)
                        carrying.start()

    def _after_heartbeat(self) -> None:
        for owed in list(self._pending_releases):
            self._write_release(owed)
        self.on_heartbeat()

    def _confirm_owner(self) -> bool:
        """Whether this owner trusts itself, and no heir has taken its pulse away."""
        owner = self._owner_id
        if self._is_valid() and not self.backend.exists(f"owners/{owner}"):
            with self._lock:
                if owner == self._owner_id:
                    self._valid_until = float("-inf")
        return self._is_valid()


def _boot_clock() -> float:
    """Seconds, with those of a machine that was suspended, which `time.monotonic` leaves out."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _claim_path(name: str, number: int) -> str:
    return f"claims/{name}/{number:08}"


def _claim_content(owner: str | None) -> bytes:
    return json.dumps({"owner": owner, "mark": uuid.uuid4().hex}).encode()
