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

from ...errors import Lost, MiError
from . import process
from .backend import Files

_CAREFUL = 0.7  # share of that time after which an owner does not trust itself
_BEATS = 5.0  # pulses within that time
_LOOK = 1.0  # seconds between looks at a claim somebody else has


@attrs.define
class Claims:
    """The claims of this process.

    Args:
        seconds: How long this owner may be silent before others take over.
        beating: Called with each pulse, in a thread of its own.
        _mine: All owners that this process has been.
        _wanted: What a thread of this process is about to take.
        _owed: Claims that may be there and are not held.
    """

    files: Files
    seconds: float = 60.0
    beating: Callable[[], None] = lambda: None
    _held: dict[str, tuple[int, str]] = attrs.field(factory=dict)
    _owner: str = ""
    _until: float = float("-inf")
    _mine: set[str] = attrs.field(factory=set)
    _wanted: set[str] = attrs.field(factory=set)
    _owed: list[tuple[str, int, str]] = attrs.field(factory=list)
    _seen: dict[str, tuple[bytes, float]] = attrs.field(factory=dict)
    _lock: threading.RLock = attrs.field(factory=threading.RLock)
    _pulse: threading.Thread | None = None

    @contextmanager
    def held(self, *names: str, waiting: Any = None) -> Iterator[None]:
        """Hold these names against everybody.

        Args:
            waiting: Called with a name while somebody else holds it; may raise.
        """
        taken: list[str] = []
        try:
            for name in sorted(names):
                self._take(name, waiting)
                taken.append(name)
            yield
        finally:
            for name in reversed(taken):
                self._release(name)

    def holds(self, name: str) -> bool:
        """Whether this process holds it, as far as it knows."""
        return name in self._held

    def is_live(self, name: str) -> bool:
        """Whether somebody seems to be at it, as far as the clocks of machines agree."""
        owner = self._top(name)[1]
        if owner is None or self._is_dead(owner):
            return False
        with suppress(FileNotFoundError):
            beat = json.loads(self.files.read(f"owners/{owner}"))
            silent, allowed = time.time() - float(beat["at"]), 2 * float(beat["seconds"])
            return silent < allowed
        return False

    def check(self, *names: str) -> None:
        """See that claims are still this process's before something is done under them.

        Raises:
            Lost: One is not.
        """
        for name in names:
            with self._lock:
                held = self._held.get(name)
                if held is None:
                    raise Lost("is not held any more", where=name)
                if held[1] != self._living():
                    self._take_back(name)

    def _take(self, name: str, waiting: Any) -> None:
        looked = 0.0
        while not self._took(name):
            if waiting is not None and time.monotonic() - looked >= _LOOK:
                looked = time.monotonic()
                waiting(name)
            time.sleep(min(_LOOK, self.seconds / 10))

    def _took(self, name: str) -> bool:
        """Take it unless somebody else has it: another process, or a thread of this one."""
        with self._lock:
            if name in self._held or name in self._wanted:
                return False
            self._wanted.add(name)
        try:
            owner = self._living()
            number, other = self._top(name)
            # One of this process's that it does not hold is a stray: an answer got lost.
            mine = other in self._mine
            if other is not None and not mine and not self._is_dead(other):
                return False
            try:
                if not self._make(name, number + 1, owner):
                    return False
            except BaseException:  # it may be there
                self._owed.append((name, number + 1, owner))
                raise
            self._held[name] = (number + 1, owner)
            # The last but one may go; the last shows who is late that it is late.
            gone = [_file(name, number - 1)] if number > 1 else []
            with suppress(MiError, OSError):
                self.files.delete(gone if other is None or mine else [*gone, f"owners/{other}"])
            return True
        finally:
            self._wanted.discard(name)

    def _take_back(self, name: str) -> None:
        """Hold on to a claim after a long silence, if nobody has taken it."""
        mine = self._living()
        number, owner = self._top(name)
        if owner not in self._mine or not self._make(name, number + 1, mine):
            raise Lost(
                "was taken over by another run, for this one was silent too long",
                where=name,
                hint="the other one ends it",
            )
        self._held[name] = (number + 1, mine)

    def _make(self, name: str, number: int, owner: str) -> bool:
        """Make the claim of a number; whether it is the one that holds.

        It is not where others have taken and released so often meanwhile that the file of this
        number was there and is gone again.
        """
        if not self.files.create(_file(name, number), _claim(owner)):
            return False
        if max(self._numbers(name), default=number) <= number:
            return True
        with suppress(MiError, OSError):
            self.files.delete([_file(name, number)])
        return False

    def _release(self, name: str) -> None:
        owed = (name, *self._held.pop(name))
        self._owed.append(owed)
        self._give_back(owed)

    def _give_back(self, owed: tuple[str, int, str]) -> None:
        """Say that nobody holds it; where that fails now, it is said after one of the next pulses,
        or the claim ends with them."""
        name, number, owner = owed
        with suppress(MiError, OSError):
            if self._top(name) == (number, owner):
                self.files.write(_file(name, number), _claim(None))
            with suppress(ValueError):  # another thread was faster
                self._owed.remove(owed)

    def _top(self, name: str) -> tuple[int, str | None]:
        """The highest number, and who has it; 0 and None for nobody yet."""
        numbers = self._numbers(name)
        if not numbers:
            return 0, None
        number = max(numbers)
        try:
            owner: str | None = json.loads(self.files.read(_file(name, number)))["owner"]
        except FileNotFoundError:  # a newer one was made, and this one taken away
            return self._top(name)
        return number, owner

    def _numbers(self, name: str) -> list[int]:
        return [int(path.rpartition("/")[2]) for path in self.files.stamps(f"claims/{name}/")]

    def _is_dead(self, owner: str) -> bool:
        if owner == self._owner and self._trusts():
            return False
        try:
            beat = self.files.read(f"owners/{owner}")
        except FileNotFoundError:
            return True
        facts = json.loads(beat)
        if facts["host"] == process.host() and not process.runs(facts["pid"], facts["began"]):
            return True
        now = time.monotonic()
        last, since = self._seen.get(owner, (b"", now))
        if last != beat:
            since = now
        self._seen[owner] = (beat, since)
        return now - since >= float(facts["seconds"])

    def _trusts(self) -> bool:
        return _lived() < self._until

    def _living(self) -> str:
        """This process's name as an owner, another one after each long silence."""
        with self._lock:
            if not self._trusts():
                last, self._owner = self._owner, uuid.uuid4().hex
                self._mine.add(self._owner)
                self._beat(first=True)
                if last and all(owner != last for _, owner in list(self._held.values())):
                    self.files.delete([f"owners/{last}"])
            if self._pulse is None or not self._pulse.is_alive():
                self._pulse = threading.Thread(target=self._beating, daemon=True, name="claims")
                self._pulse.start()
            return self._owner

    def _beat(self, *, first: bool = False) -> None:
        owner, at = self._owner, _lived()
        facts = {
            "host": process.host(),
            "pid": os.getpid(),
            "began": process.began(os.getpid()),
            "seconds": self.seconds,
            "at": time.time(),
        }
        self.files.write(f"owners/{owner}", json.dumps(facts).encode())
        done = _lived()
        with self._lock:
            # A pulse that came too late is none: others may have taken over before it.
            if owner == self._owner and (first or done < self._until):
                # Counted from before it was sent: others cannot have seen it any earlier.
                self._until = max(self._until, at + self.seconds * _CAREFUL)

    def _beating(self) -> None:
        carrying: threading.Thread | None = None
        while True:
            time.sleep(self.seconds / _BEATS)
            with suppress(Exception):  # the place is away: what is held is looked at when used
                if self._held and self._is_there():
                    self._beat()
                    if carrying is None or not carrying.is_alive():  # a pulse waits for nothing
                        carrying = threading.Thread(target=self._carry, daemon=True)
                        carrying.start()

    def _carry(self) -> None:
        for owed in list(self._owed):
            self._give_back(owed)
        self.beating()

    def _is_there(self) -> bool:
        """Whether this owner trusts itself, and no heir has taken its pulse away."""
        owner = self._owner
        if self._trusts() and not self.files.exists(f"owners/{owner}"):
            with self._lock:
                if owner == self._owner:
                    self._until = float("-inf")
        return self._trusts()


def _lived() -> float:
    """Seconds, with those of a machine that was suspended, which `time.monotonic` leaves out."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _file(name: str, number: int) -> str:
    return f"claims/{name}/{number:08}"


def _claim(owner: str | None) -> bytes:
    return json.dumps({"owner": owner, "mark": uuid.uuid4().hex}).encode()
