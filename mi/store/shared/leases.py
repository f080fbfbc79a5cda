"""Leases: which process works on what, where machines share nothing but files.

A lease is held by a claim, a numbered file that only one process can create (`claims.py`). The
claim with the highest number counts, and names its owner.

Each process sends heartbeats by rewriting `owners/<owner>`. An owner has expired when another
process has watched its heartbeat stand still for `lease_seconds`, by the watcher's own clock. Then
the watcher takes the lease over by creating the next claim. Clocks of machines are never compared.

The owner gives up first. Well before others may consider it dead, it stops trusting itself
(`is_valid`), and does nothing until it has claimed its own lease again, which fails if another
process has taken it. So a process that was stopped, swapped out or cut off notices before it does
harm. If its clock missed the pause (a frozen virtual machine), it finds its heartbeat deleted.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import attrs

from ...errors import LeaseLost, MiError
from ...spec.options import LEASE_SECONDS
from . import process
from .backend import Backend
from .claims import ClaimFiles

_log = logging.getLogger(__name__)

_TRUSTED_SHARE = 0.7
"""Share of `lease_seconds` after its last heartbeat for which an owner trusts itself."""

_HEARTBEATS_PER_LEASE = 5.0
"""Heartbeats in `lease_seconds`, so that a few may fail."""

_POLL_SECONDS = 1.0
"""Seconds between attempts to acquire a lease that another process holds, at most."""

_Claim = tuple[str, int, str]
"""A name, the number of the claim, and its owner."""


@attrs.define
class Leases:
    """The leases of this process.

    Args:
        backend: The files that all machines share.
        lease_seconds: How long this process may send no heartbeat before others take over.
        on_heartbeat: Called after each heartbeat, in a thread of its own.
        _held_leases: Name → number and owner of the claim that holds it.
        owner_id: The name under which this process makes claims at present.
        valid_until: The time on `_boot_clock` until which this process trusts its claims.
        _own_ids: All names under which this process has ever made claims.
        _pending_acquires: Names that a thread of this process is about to acquire.
        _pending_releases: Claims that may exist under our name and are not held.
        _last_heartbeats: Owner → its last heartbeat, and when we first saw that one.
    """

    backend: Backend
    lease_seconds: float = LEASE_SECONDS
    on_heartbeat: Callable[[], None] = lambda: None
    _held_leases: dict[str, tuple[int, str]] = attrs.field(factory=dict)
    owner_id: str = ""
    valid_until: float = float("-inf")
    _own_ids: set[str] = attrs.field(factory=set)
    _pending_acquires: set[str] = attrs.field(factory=set)
    _pending_releases: list[_Claim] = attrs.field(factory=list)
    _last_heartbeats: dict[str, tuple[bytes, float]] = attrs.field(factory=dict)
    _lock: threading.RLock = attrs.field(factory=threading.RLock)
    _heartbeat_thread: threading.Thread | None = None
    _claims: ClaimFiles = attrs.field(init=False)

    @_claims.default
    def _default_claims(self) -> ClaimFiles:
        return ClaimFiles(self.backend)

    @contextmanager
    def acquire(self, *names: str, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
        """Hold leases against all other processes, and other threads of this one.

        Args:
            names: What to hold, acquired in sorted order so that two processes cannot deadlock.
            on_wait: Called with a name each second while another process holds it; may raise.
        """
        acquired: list[str] = []
        try:
            for name in sorted(names):
                self._acquire(name, on_wait)
                acquired.append(name)
            yield
        finally:
            for name in reversed(acquired):
                self._release(name)

    def holds(self, name: str) -> bool:
        """Whether this process holds a lease, as far as it knows."""
        return name in self._held_leases

    def is_active(self, name: str) -> bool:
        """Whether a live process seems to hold a lease. For display: this compares clocks."""
        owner = self._claims.current(name)[1]
        if owner is None or self._is_expired(owner):
            return False
        with suppress(FileNotFoundError):
            heartbeat = json.loads(self.backend.read(f"owners/{owner}"))
            age = time.time() - float(heartbeat["at"])
            return age < 2 * float(heartbeat["seconds"])
        return False

    def is_abandoned(self, name: str) -> bool:
        """Whether a lease is free, or its owner has expired, by the rules of taking it over."""
        if self.holds(name):
            return False
        owner = self._claims.current(name)[1]
        return owner is None or self._is_expired(owner)

    def assert_held(self, *names: str) -> None:
        """Check that this process still holds leases, before it does something under them.

        Raises:
            LeaseLost: Another process has taken over one of them.
        """
        for name in names:
            with self._lock:
                claim = self._held_leases.get(name)
                if claim is None:
                    raise LeaseLost("is not locked by this process any more", where=name)
                if claim[1] != self._ensure_valid_owner():
                    self._reacquire(name)

    def _acquire(self, name: str, on_wait: Callable[[str], None] | None) -> None:
        last_call = 0.0
        while not self._try_acquire(name):
            if on_wait is not None and time.monotonic() - last_call >= _POLL_SECONDS:
                last_call = time.monotonic()
                on_wait(name)
            time.sleep(min(_POLL_SECONDS, self.lease_seconds / 10))

    def _try_acquire(self, name: str) -> bool:
        """Acquire a lease unless another process, or another thread of this one, has it."""
        with self._lock:
            if name in self._held_leases or name in self._pending_acquires:
                return False
            self._pending_acquires.add(name)
        try:
            owner = self._ensure_valid_owner()
            number, previous = self._claims.current(name)
            # A claim under our own name that we do not hold is left over from a create whose reply
            # was lost.
            is_ours = previous in self._own_ids
            if previous is not None and not is_ours and not self._is_expired(previous):
                return False
            try:
                if not self._claims.create(name, number + 1, owner):
                    return False
            except BaseException:
                self._pending_releases.append((name, number + 1, owner))  # the claim may exist
                raise
            self._held_leases[name] = (number + 1, owner)
            expired = None if is_ours else previous
            if expired is not None:
                _log.info("took over %s from the expired owner %s", name, expired)
            self._claims.supersede(name, number, expired)
            return True
        finally:
            self._pending_acquires.discard(name)

    def _reacquire(self, name: str) -> None:
        """Claim a lease of ours again after a long silence.

        Raises:
            LeaseLost: Another process has taken it over.
        """
        owner = self._ensure_valid_owner()
        number, previous = self._claims.current(name)
        if previous not in self._own_ids or not self._claims.create(name, number + 1, owner):
            raise LeaseLost(
                "was taken over by another run, because this one sent no heartbeat for too long",
                where=name,
                hint="the other run will finish it",
            )
        self._held_leases[name] = (number + 1, owner)

    def _release(self, name: str) -> None:
        claim = (name, *self._held_leases.pop(name))
        self._pending_releases.append(claim)
        self._write_release(claim)

    def _write_release(self, release: _Claim) -> None:
        """Overwrite a claim of ours with one that names no owner.

        If that fails, it is tried again after the next heartbeats. If it never succeeds, the lease
        expires when the heartbeats end.
        """
        name, number, owner = release
        with suppress(MiError, OSError):
            self._claims.release(name, number, owner)
            with suppress(ValueError):  # another thread has removed it
                self._pending_releases.remove(release)

    def _is_expired(self, owner: str) -> bool:
        """Whether an owner is dead, so that its leases may be taken over.

        It is if its heartbeat was deleted, if it is an ended process of this machine, or if its
        heartbeat has not changed for the lease time that it announced.
        """
        if owner == self.owner_id and self.is_valid():
            return False
        try:
            heartbeat = self.backend.read(f"owners/{owner}")
        except FileNotFoundError:
            return True
        facts = json.loads(heartbeat)
        is_local = facts["host"] == process.host_id()
        if is_local and not process.is_running(facts["pid"], facts["began"]):
            return True
        time_now = time.monotonic()
        last, since = self._last_heartbeats.get(owner, (b"", time_now))
        if last != heartbeat:
            since = time_now
        self._last_heartbeats[owner] = (heartbeat, since)
        return time_now - since >= float(facts["seconds"])

    def is_valid(self) -> bool:
        """Whether the last heartbeat is so recent that this process can trust its claims."""
        return _boot_clock() < self.valid_until

    def _ensure_valid_owner(self) -> str:
        """The name under which this process makes claims; a new one after each long silence."""
        with self._lock:
            if not self.is_valid():
                previous, self.owner_id = self.owner_id, uuid.uuid4().hex
                self._own_ids.add(self.owner_id)
                self.send_heartbeat(first=True)
                holders = {owner for _, owner in list(self._held_leases.values())}
                if previous and previous not in holders:
                    self.backend.delete([f"owners/{previous}"])
            if self._heartbeat_thread is None or not self._heartbeat_thread.is_alive():
                self._heartbeat_thread = threading.Thread(
                    target=self._heartbeat_loop, daemon=True, name="heartbeat"
                )
                self._heartbeat_thread.start()
            return self.owner_id

    def send_heartbeat(self, *, first: bool = False) -> None:
        owner, start = self.owner_id, _boot_clock()
        facts = {
            "host": process.host_id(),
            "pid": os.getpid(),
            "began": process.start_time(os.getpid()),
            "seconds": self.lease_seconds,
            "at": time.time(),
        }
        self.backend.write(f"owners/{owner}", json.dumps(facts).encode())
        end = _boot_clock()
        with self._lock:
            # A heartbeat that arrived too late does not count: others may have taken over before.
            if owner == self.owner_id and (first or end < self.valid_until):
                # Measured from before it was sent: others cannot have seen it any earlier.
                until = start + self.lease_seconds * _TRUSTED_SHARE
                self.valid_until = max(self.valid_until, until)

    def _heartbeat_loop(self) -> None:
        follow_up: threading.Thread | None = None
        while True:
            time.sleep(self.lease_seconds / _HEARTBEATS_PER_LEASE)
            try:
                if self._held_leases and self._confirm_owner():
                    self.send_heartbeat()
                    # In a thread of its own, because no upload may delay a heartbeat.
                    if follow_up is None or not follow_up.is_alive():
                        follow_up = threading.Thread(target=self._after_heartbeat, daemon=True)
                        follow_up.start()
            except Exception as error:
                # The shared place is away. Leases are checked again whenever they are used.
                _log.info("no heartbeat was sent: %s", error)

    def _after_heartbeat(self) -> None:
        for release in list(self._pending_releases):
            self._write_release(release)
        self.on_heartbeat()

    def _confirm_owner(self) -> bool:
        """Whether this process may trust its claims, and no other process deleted its heartbeat."""
        owner = self.owner_id
        if self.is_valid() and not self.backend.exists(f"owners/{owner}"):
            with self._lock:
                if owner == self.owner_id:
                    self.valid_until = float("-inf")
        return self.is_valid()


def _boot_clock() -> float:
    """Seconds, counting those a machine was suspended, which `time.monotonic` leaves out."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
