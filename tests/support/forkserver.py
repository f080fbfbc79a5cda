"""Commands in processes of their own, without their imports: a server that forks one a command.

Starting Python and importing what `mi` needs takes seconds, more than most commands themselves. The
server imports it once; each command is a fork of it, with its own folder, environment, streams and
exit code, and nothing that another command left behind. What a project may shadow (`registry`,
`experiments`) is not imported before the fork.

    python -m tests.support.forkserver ADDRESS [MODULE …]      # ends when its stdin is closed
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path

import attrs

PRELOADED = (
    "aiohttp",
    "duckdb",
    "matplotlib.pyplot",
    "openai.resources",
    "rich.progress",
    "mi.cli.parser",
    "mi.cli.run",
    "mi.cli.status",
    "mi.cli.check",
    "mi.runner.scheduler",
    "mi.providers.openai",
    "mi.reporting.figures",
)
LOCAL = (
    "peft",
    "safetensors.torch",
    "torch",
    "transformers.models.llama.modeling_llama",
    "mi.providers.local",
)
"""What only models on this machine need: a second server has it imported too."""
WARM = "tests.support.warm"
"""For projects that shadow nothing: the registry, and what runs read of it, are there too."""


@attrs.frozen
class Done:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


def run_command(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    figures: bool = False,
    timeout: float = 600.0,
) -> Done:
    """Run `mi` with `words` in `folder`, to its end.

    Args:
        environment: All of the process's environment variables.
        figures: Whether a run draws its figures, which takes longer than all else in a small one.
        timeout: Seconds after which the command is killed.

    Raises:
        TimeoutError: It took longer.
    """
    with tempfile.TemporaryDirectory() as streams:
        out, err = Path(streams, "out"), Path(streams, "err")
        more = LOCAL if _is_local(words, environment) else ()
        command = begin_command(
            words, folder, environment, figures=figures, out=out, err=err, more=more
        )
        code = command.wait(timeout)
        return Done(code, out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8"))


@attrs.frozen
class Command:
    """A command under way."""

    words: Sequence[str]
    pid: int
    connection: Connection

    def kill(self) -> None:
        """Kill the process, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, 9)

    def wait(self, timeout: float) -> int:
        """The exit code; -9 if it was killed.

        Raises:
            TimeoutError: It took longer, and is killed.
        """
        with self.connection:
            if not self.connection.poll(timeout):
                self.kill()
                raise TimeoutError(f"mi {' '.join(self.words)} took more than {timeout:.0f} s")
            code: int = self.connection.recv()
            return code


def begin_command(
    words: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    figures: bool,
    out: Path,
    err: Path,
    more: tuple[str, ...] = (),
) -> Command:
    """Start `mi` with `words` in `folder`.

    Args:
        environment: All of the process's environment variables.
        figures: Whether a run draws its figures.
        out: Receives the standard output.
        err: Receives the standard error.
        more: Modules that the server imports beside those that every command needs.
    """
    connection = Client(_server(more))
    connection.send((list(words), str(folder), dict(environment), figures, str(out), str(err)))
    return Command(words, connection.recv(), connection)


def _is_local(words: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Whether the command is likely to load a model on this machine."""
    model = "openai:" if {"openai", "tinker"} & {word.partition(":")[0] for word in words} else ""
    model = model or environment.get("MI_MODEL", "local:")
    return "run" in words[:1] and model.startswith("local:")


@functools.cache
def _server(more: tuple[str, ...]) -> str:
    """The address of this process's server of a kind, which is started when first needed."""
    folder = tempfile.mkdtemp(prefix="mi-fork-")
    address = os.path.join(folder, "socket")
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.forkserver", address, *more],
        cwd=root,
        env={**os.environ, "PYTHONWARNINGS": "default", "HF_HUB_OFFLINE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    atexit.register(process.wait)
    atexit.register(process.stdin.close)
    assert process.stdout.readline() == b"ready\n", "the fork server did not start"
    return address


def serve(address: str, more: Sequence[str]) -> None:
    """Fork a process for each command until stdin is closed.

    Args:
        address: The socket to listen on.
        more: Modules to import beside those that every command needs.
    """
    for module in (*PRELOADED, *more):
        with contextlib.suppress(ModuleNotFoundError):  # an extra that is not installed
            import_module(module)
    assert WARM in more or not {"registry", "experiments"} & set(sys.modules)
    with Listener(address) as listener:
        print("ready", flush=True)
        door = listener._listener._socket  # type: ignore[attr-defined]
        while True:
            ready, _, _ = select.select([door, sys.stdin], [], [], 1.0)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if sys.stdin in ready:
                return
            if door in ready:
                connection = listener.accept()
                if os.fork() == 0:
                    _attend(connection)
                connection.close()


def leave_figures_out() -> None:
    """Let runs in this process report a figure and draw none."""
    summary = import_module("mi.cli.summary")
    assert hasattr(summary, "save_drawing")
    summary.save_drawing = lambda drawing, directory: [  # type: ignore[attr-defined]
        Path(directory) / f"{drawing.name}.png"
    ]


def _attend(connection: Connection) -> None:
    """Run one command in a fork of this process and tell how it ended."""
    words, folder, environment, figures, out, err = connection.recv()
    pid = os.fork()
    if pid == 0:
        if not figures:
            leave_figures_out()
        _become(words, folder, environment, out, err)
    connection.send(pid)
    _, status = os.waitpid(pid, 0)
    connection.send(os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(words: list[str], folder: str, environment: dict[str, str], out: str, err: str) -> None:
    """Turn this process into `python -m mi WORDS`, run in `folder`."""
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (_written(out), 1), (_written(err), 2)):
        os.dup2(source, target)
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    more = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[0:1] = [folder, *(path for path in more if path and path not in sys.path)]
    sys.argv = ["mi", *words]
    from mi.cli import main

    code = 3
    try:
        code = main(words)
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(code)


def _written(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2:])
