"""Claims: who is at what, where machines share nothing but files.

A claim is a file that only one can make, `claims/<name>/<number>`; the highest number holds, and
says who its owner is. An owner lives as long as its pulse, `owners/<owner>`, changes. Whoever has
watched a pulse stand still for as long as it promised to beat, by its own clock, takes the claims
of that owner over by making the next number; clocks of machines are never compared.

The owner is the more careful of the two: well before others may think it dead it thinks so itself,
and then does nothing until it has taken its own claim over, which fails where somebody else has.
So a process that was stopped, swapped out or cut off finds out before it can do harm. Released
claims stay as files that name nobody, so that numbers only grow.
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

from ..errors import Lost, MiError
from . import here
from .files import Files

_CAREFUL = 0.7  # share of that time after which an owner does not trust itself
_BEATS = 5.0  # pulses within that time
_LOOK = 1.0  # seconds between looks at a claim somebody else has


@attrs.define
class Claims:
    """The claims of this process.

    Args:
        seconds: How long this owner may be silent before others take over.
        beating: Called with each pulse, in a thread of its own.
    """

    files: Files
    seconds: float = 60.0
    beating: Callable[[], None] = lambda: None
    _held: dict[str, tuple[int, str]] = attrs.field(factory=dict)
    _owner: str = ""
    _until: float = float("-inf")
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
            held = self._held.get(name)
            if held is None:
                raise Lost("is not held any more", where=name)
            if held[1] != self._living():
                self._take_back(name, held)

    def _take(self, name: str, waiting: Any) -> None:
        looked = 0.0
        while True:
            owner = self._living()
            number, other = self._top(name)
            if other is None or self._is_dead(other):
                if self.files.create(_file(name, number + 1), _claim(owner)):
                    self._held[name] = (number + 1, owner)
                    # The last but one may go; the last shows who is late that it is late.
                    gone = [_file(name, number - 1)] if number > 1 else []
                    self.files.delete(gone if other is None else [*gone, f"owners/{other}"])
                    return
                continue
            if waiting is not None and time.monotonic() - looked >= _LOOK:
                looked = time.monotonic()
                waiting(name)
            time.sleep(min(_LOOK, self.seconds / 10))

    def _take_back(self, name: str, held: tuple[int, str]) -> None:
        """Hold on to a claim after a long silence, if nobody has taken it."""
        number, _ = held
        mine = self._living()
        if self._top(name) != held or not self.files.create(_file(name, number + 1), _claim(mine)):
            raise Lost(
                "was taken over by another run, for this one was silent too long",
                where=name,
                hint="the other one ends it",
            )
        self._held[name] = (number + 1, mine)

    def _release(self, name: str) -> None:
        number, owner = self._held.pop(name)
        with suppress(MiError, OSError):  # then it ends with the pulse
            if self._top(name) == (number, owner):
                self.files.write(_file(name, number), _claim(None))

    def _top(self, name: str) -> tuple[int, str | None]:
        """The highest number, and who has it; 0 and None for nobody yet."""
        numbers = [int(path.rpartition("/")[2]) for path in self.files.stamps(f"claims/{name}/")]
        if not numbers:
            return 0, None
        number = max(numbers)
        try:
            owner: str | None = json.loads(self.files.read(_file(name, number)))["owner"]
        except FileNotFoundError:  # a newer one was made, and this one taken away
            return self._top(name)
        return number, owner

    def _is_dead(self, owner: str) -> bool:
        if owner == self._owner and self._trusts():
            return False
        try:
            beat = self.files.read(f"owners/{owner}")
        except FileNotFoundError:
            return True
        facts = json.loads(beat)
        if facts["host"] == here.host() and not here.runs(facts["pid"], facts["began"]):
            return True
        now = time.monotonic()
        last, since = self._seen.get(owner, (b"", now))
        if last != beat:
            since = now
        self._seen[owner] = (beat, since)
        return now - since >= float(facts["seconds"])

    def _trusts(self) -> bool:
        return time.monotonic() < self._until

    def _living(self) -> str:
        """This process's name as an owner, another one after each long silence."""
        with self._lock:
            if not self._trusts():
                last, self._owner = self._owner, uuid.uuid4().hex
                self._beat()
                if last and all(owner != last for _, owner in self._held.values()):
                    self.files.delete([f"owners/{last}"])
            if self._pulse is None or not self._pulse.is_alive():
                self._pulse = threading.Thread(target=self._beating, daemon=True, name="claims")
                self._pulse.start()
            return self._owner

    def _beat(self) -> None:
        owner, at = self._owner, time.monotonic()
        facts = {
            "host": here.host(),
            "pid": os.getpid(),
            "began": here.began(os.getpid()),
            "seconds": self.seconds,
            "at": time.time(),
        }
        self.files.write(f"owners/{owner}", json.dumps(facts).encode())
        with self._lock:
            # Counted from before the pulse was sent: others cannot have seen it any earlier.
            if owner == self._owner:
                self._until = max(self._until, at + self.seconds * _CAREFUL)

    def _beating(self) -> None:
        carrying: threading.Thread | None = None
        while True:
            time.sleep(self.seconds / _BEATS)
            if not self._held:
                continue
            with suppress(Exception):  # the place is away: what is held is looked at when used
                if self._trusts():
                    self._beat()
                    if carrying is None or not carrying.is_alive():  # a pulse waits for nothing
                        carrying = threading.Thread(target=self.beating, daemon=True)
                        carrying.start()


def _file(name: str, number: int) -> str:
    return f"claims/{name}/{number:08}"


def _claim(owner: str | None) -> bytes:
    return json.dumps({"owner": owner, "mark": uuid.uuid4().hex}).encode()
