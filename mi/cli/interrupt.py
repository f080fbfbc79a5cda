"""Ctrl-C while modules are being imported.

An exception that a signal raises in the middle of an import can leave the lock of a module held for
ever: then the next thread that needs the module waits for good, and so does whoever waits for that
thread. So a first Ctrl-C during an import is put off until the import is over, which takes
milliseconds as a rule. A second one is not put off.

Nothing here takes a lock, because the code that was interrupted may hold any.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

_IMPORT_FILES = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
_RETRY_SECONDS = 0.02


@contextmanager
def imports_uninterrupted() -> Iterator[None]:
    """Put off a first Ctrl-C for as long as a module is being imported.

    Does nothing outside the main thread, where there is no `SIGALRM`, and where somebody else
    handles signals.
    """
    is_ours = (
        threading.current_thread() is threading.main_thread()
        and hasattr(signal, "SIGALRM")
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        and signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
    )
    if not is_ours:
        yield
        return
    handler = _Handler()
    signal.signal(signal.SIGALRM, handler.retry)
    signal.signal(signal.SIGINT, handler.interrupt)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        if signal.getsignal(signal.SIGINT) == handler.interrupt:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def leave(code: int, *, at_once: bool = False) -> NoReturn:
    """End the process.

    A thread that computes in native code while the interpreter shuts down aborts the process, so
    that a core dump takes the place of the exit code. An interrupted run leaves such threads.

    Args:
        code: The exit code.
        at_once: Whether to end without the interpreter's shutdown, whatever threads are doing.
    """
    if at_once and any(thread.daemon for thread in threading.enumerate()):
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


class _Handler:
    """Handles Ctrl-C; one that is put off is tried again by a timer."""

    def __init__(self) -> None:
        self.is_pending = False

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Raise `KeyboardInterrupt`, or put it off."""
        if self.is_pending or not is_importing(frame):
            raise KeyboardInterrupt
        self.is_pending = True
        signal.setitimer(signal.ITIMER_REAL, _RETRY_SECONDS)

    def retry(self, number: int, frame: FrameType | None) -> None:
        """Hand a Ctrl-C that was put off to whoever handles it now, once no import is under way."""
        if is_importing(frame):
            signal.setitimer(signal.ITIMER_REAL, _RETRY_SECONDS)
            return
        self.is_pending = False
        signal.raise_signal(signal.SIGINT)


def is_importing(frame: FrameType | None) -> bool:
    """Whether a frame, or one that called it, imports a module."""
    while frame is not None:
        if frame.f_code.co_filename in _IMPORT_FILES:
            return True
        frame = frame.f_back
    return False
