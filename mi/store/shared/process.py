"""This machine, and whether a process of it still runs.

Only of processes of this very machine can that be seen; a container counts as one, for its
processes are numbered apart. What cannot be seen counts as running.
"""

from __future__ import annotations

import os
import socket
import uuid
from contextlib import suppress

from ...units.identity import digest


def host_id() -> str:
    """This machine since it was started."""
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id") as file:
        return f"{socket.gethostname()} {file.read().strip()} {os.stat('/proc/self/ns/pid').st_ino}"
    return f"{socket.gethostname()} {uuid.getnode():x}"


def host_digest() -> str:
    """`host` for names of files."""
    return digest(host_id())[:12]


def start_time(pid: int) -> str | None:
    """When a process was started, for pids are given out again.

    Empty where it has ended and waits to be buried, None where the system does not say.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        return None


def is_running(pid: int, started: str | None = None) -> bool:
    """Whether a process of this machine is there.

    Args:
        since: When it `began`, where that is known.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        pass
    now = start_time(pid)
    return now is None or (now == started if started else now != "")
