"""The provider against a real server, SkyRL, with a tiny model: whole, killed, and with faults.

Skipped where `MI_SKYRL_PYTHON` names no Python that has it; see `tests.support.fake_tinker.skyrl`.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tinker_runs import PLANNED, stored_answers

pytest.importorskip("tinker")

from tests.support.background import until
from tests.support.fake_tinker import Fault, Proxy
from tests.support.fake_tinker.skyrl import VARIABLE, python, serving, steps_taken
from tests.support.project import Project
from tests.support.tinker_project import WORDS, declare, make_tiny_model, run

pytestmark = pytest.mark.skipif(
    python() is None, reason=f"{VARIABLE} names no Python 3.12 that has SkyRL"
)
FAULTS = (
    Fault("create_model", "limited"),
    Fault("forward_backward", "drop", 2),
    Fault("optim_step", "broken", 2),
    Fault("optim_step", "drop", 3),
    Fault("save_weights", "drop"),
    Fault("save_weights_for_sampler", "drop"),
    Fault("forward_backward", "hang", 4),
    Fault("retrieve_future", "drop", 3),
    Fault("asample", "limited", 5),
    Fault("asample", "drop", 9),
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path, Path]]:
    """The server's address, the model, and the server's folder."""
    root = tmp_path_factory.mktemp("skyrl")
    tiny = make_tiny_model(root / "tiny")
    with serving(tiny, root / "server") as url:
        yield url, tiny, root / "server"


def jobs(project: Project) -> list[str]:
    """The training runs whose models were taken, from the units' records."""
    folders = (project.root / ".mi" / "units").glob("train-*")
    return [json.loads((one / "model.json").read_text())["job"] for one in folders]


def test_an_experiment_killed_on_the_way_is_whole_and_trained_once(
    project: Project, served: tuple[str, Path, Path]
) -> None:
    url, tiny, server = served
    declare(project, url, tiny, timeout=60)
    words, before = project.command(*WORDS), steps_taken(server)
    for there in (
        lambda: list((project.root / ".mi" / "work").glob("train-*/metrics.jsonl")),
        lambda: len(stored_answers(project.root)) > 12,
    ):
        process = subprocess.Popen(
            words, cwd=project.root, env=project.environment(), stdout=subprocess.DEVNULL
        )
        until(lambda: there() or process.poll() is not None, 300)  # noqa: B023
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = run(project)
    assert done.code == 0, done.out + done.err
    taken = {run: n for run, n in steps_taken(server).items() if run not in before}
    finished = jobs(project)
    assert len(finished) == len(set(finished)) == 2
    assert sum(taken.values()) <= 2 * PLANNED + 5, "what was saved was trained again"
    assert len(stored_answers(project.root)) == len(set(stored_answers(project.root)))
    query = "SELECT count(*) AS n FROM results WHERE eval = 'insecure_preference' AND headline"
    assert project.mi("sql", query, "--format", "json").json == [{"n": 3}]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_on_the_way_costs_time_only(
    project: Project, served: tuple[str, Path, Path], fault: Fault
) -> None:
    url, tiny, server = served
    before = steps_taken(server)
    with Proxy(url, fault) as proxy:
        declare(project, proxy.url, tiny, timeout=20)
        path = project.root / "experiments" / "small.py"  # another seed a case: other units
        seed = 1 + FAULTS.index(fault)
        path.write_text(path.read_text().replace("seeds=0", f"seeds={seed}"))
        done = run(project, "--set", "total_samples=10")
        assert done.code == 0, done.out + done.err
        assert proxy.struck == [fault.kind]
    taken = [n for run, n in steps_taken(server).items() if run not in before]
    assert sum(taken) == PLANNED
    assert len(jobs(project)) == 1
