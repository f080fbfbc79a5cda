"""This machine, and whether a process of it still runs.

That can be seen only for processes of this very machine. A container counts as a machine of its
own, because its processes are numbered separately. What cannot be seen counts as running.
"""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress

from ...units.identity import digest


def host_id() -> str:
    """A name for this machine since it was last started."""
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id") as file:
        return f"{socket.gethostname()} {file.read().strip()} {os.stat('/proc/self/ns/pid').st_ino}"
    return f"{socket.gethostname()} {uuid.getnode():x}"


def host_digest() -> str:
    """`host_id` in 12 hex digits, for the names of files."""
    return digest(host_id())[:12]


def start_time(pid: int) -> str | None:
    """When a process was started, in clock ticks since the machine was; pids are used again.

    Empty if the process has ended and its parent has not collected it, None if the system does not
    tell. Source: field 22 of `/proc/<pid>/stat`, see proc_pid_stat(5).
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        return None


def is_running(pid: int, started: str | None = None) -> bool:
    """Whether a process of this machine is running.

    Args:
        pid: Its number.
        started: Its `start_time`, if that is known.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to another user
        pass
    actual = start_time(pid)
    return actual is None or (actual == started if started else actual != "")
