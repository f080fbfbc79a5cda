"""Ctrl-C neither breaks an import nor waits for a lock that another thread holds."""

from __future__ import annotations

import inspect
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from mi.cli.interrupt import is_importing
from mi.reporting.interrupt import StopSignal

SLOW = """import time
print("importing", flush=True)
time.sleep(0.4)
print("imported", flush=True)
"""
PROGRAM = """
import sys, time
sys.path.insert(0, sys.argv[1])
from mi.cli.interrupt import imports_uninterrupted
try:
    with imports_uninterrupted():
        import slow_module
        time.sleep(30)
except KeyboardInterrupt:
    print('interrupted', flush=True)
"""


def test_an_interrupt_waits_for_the_end_of_an_import(tmp_path: Path) -> None:
    (tmp_path / "slow_module.py").write_text(SLOW, encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=20)
    assert rest == "imported\ninterrupted\n"


def test_a_second_interrupt_does_not_wait(tmp_path: Path) -> None:
    text = SLOW.replace("0.4", "20")
    (tmp_path / "slow_module.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=10)
    assert rest == "interrupted\n"


def test_code_outside_imports_is_interrupted_at_once() -> None:
    assert not is_importing(inspect.currentframe())
    assert not is_importing(None)


class HeldConsole:
    """A console that another thread holds until it is let go."""

    is_terminal = False

    def __init__(self) -> None:
        self.lock = threading.Event()
        self.said: list[str] = []

    def print(self, text: str, **how: Any) -> None:
        assert self.lock.wait(timeout=10)
        self.said.append(text)


def test_a_request_to_stop_is_noted_while_the_console_is_held() -> None:
    held: Any = HeldConsole()
    with StopSignal(held, "jobs continue") as stop:
        start = time.monotonic()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_requested
        assert time.monotonic() - start < 1.0, "the handler waits for nobody"
        assert held.said == []
        held.lock.set()
    assert held.said == [
        "stopping at the next safe point; interrupt again to exit at once",
        "jobs continue",
    ]


LEAVING = """
import atexit, threading, time
from mi.cli.interrupt import leave
atexit.register(print, "tidied up")
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print("interrupted")
leave(2, at_once=True)
"""


def test_an_interrupted_command_ends_by_its_exit_code_while_threads_compute() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVING], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "interrupted\ntidied up\n", "")
