"""A real server of the Tinker API: SkyRL's, with JAX on this machine's CPU.

`MI_SKYRL_PYTHON` names the Python (3.12) of an environment that has it:

    python3.12 -m venv skyrl && skyrl/bin/pip install 'skyrl[tinker,jax]==0.4.0' aiohttp ray
    MI_SKYRL_PYTHON=$PWD/skyrl/bin/python pytest tests/test_providers_tinker_real.py

It takes gigabytes (torch comes with CUDA), so nothing installs it by itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "MI_SKYRL_PYTHON"
_BACKEND = {
    "max_lora_adapters": 6,
    "max_lora_rank": 8,
    "train_micro_batch_size": 4,
    "sample_max_num_sequences": 16,
}
_UV = '#!/bin/sh\nwhile [ "$1" != "-m" ]; do shift; done\nexec {python} "$@"\n'
_PARENT = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
_PATIENCE = 180.0


def python() -> str | None:
    """The Python that has SkyRL; None where there is none."""
    named = os.environ.get(VARIABLE)
    return named if named and Path(named).exists() else None


@contextmanager
def serving(model: Path, folder: Path) -> Iterator[str]:
    """The address of a server of the model in `model` while the `with` block lasts.

    It is run beside the model, which it knows by its folder's name.
    """
    found = python()
    assert found is not None
    folder.mkdir(parents=True)
    uv = folder / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(_UV.format(python=found))
    uv.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [found, "-m", "skyrl.tinker.api", "--base-model", model.name, "--backend", "jax"]
    words += ["--backend-config", json.dumps(_BACKEND), "--host", "127.0.0.1", "--port", str(port)]
    words += ["--checkpoints-base", str(folder / "checkpoints")]
    words += ["--database-url", f"sqlite:///{folder / 'skyrl.db'}"]
    with (folder / "log").open("w") as log:
        # It reads its parent's command line for the flags of `uv run`, and starts its engine by it.
        process = subprocess.Popen(
            [found, "-c", _PARENT, *words],
            cwd=model.parent,
            env={**os.environ, "PATH": f"{uv.parent}:{os.environ['PATH']}", "PYTHONPATH": ""},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, folder / "log")
            yield url
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/api/v1/healthz", timeout=2).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"SkyRL did not come up:\n{log.read_text()[-2000:]}")


def steps_taken(folder: Path) -> dict[str, int]:
    """Optimiser steps of each training run, from the server's own books."""
    import sqlite3

    with sqlite3.connect(folder / "skyrl.db") as books:
        found = books.execute(
            "SELECT model_id, count(*) FROM futures "
            "WHERE request_type = 'OPTIM_STEP' AND status = 'COMPLETED' GROUP BY model_id"
        )
        return dict(found.fetchall())
