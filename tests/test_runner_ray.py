"""A cluster of three nodes on this machine gives what this process gives, whatever is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mi.database import Database
from mi.errors import ProviderError, UsageError
from mi.files import journal
from mi.providers.types import ClientOptions
from mi.runner.ray.actor import ActorSetup, check_same_code
from mi.runner.ray.actor_pool import ActorPool, count_shares
from mi.runner.ray.executor import RayRunner
from mi.spec import Cluster, ResourceRequest
from registry import prices
from tests.support import slow_provider as slow
from tests.support.background import until
from tests.support.fake_provider import MODEL, Silent, experiment, session
from tests.support.object_stores import Bucket, s3
from tests.support.project import Project
from tests.support.tiny_model import make_tiny_model

os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # else Ray leaves 127.0.0.1
pytest.importorskip("ray")

__all__ = ["s3"]

CONFIG = "claim = 20\n[tool.mi.ray]\nmix = {cpus = 1}\ntrain = {cpus = 1}\neval = {cpus = 1}\n"
PATIENCE = 300  # seconds: a busy machine is slow to start processes


@pytest.fixture(scope="module")
def cluster(s3: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Three nodes, whose workers know the S3-speaking server and have a cache of their own."""
    from ray.cluster_utils import Cluster

    cache = str(tmp_path_factory.mktemp("cache"))
    os.environ |= {**s3.environment, "MI_CACHE": cache}
    head = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        made.add_node(num_cpus=1, node_ip_address="127.0.0.1")
    yield made
    made.shutdown()
    for name in (*s3.environment, "MI_CACHE"):
        del os.environ[name]


def begin(project: Project, cluster: Any, *words: str, **more: str) -> subprocess.Popen[str]:
    """`mi run` on the cluster, under way."""
    at = ("--executor", "ray", "--ray-address", cluster.address)
    return subprocess.Popen(
        project.command("run", *words, *at, "-v"),
        cwd=project.root,
        env={**project.environment(), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(going: subprocess.Popen[str], code: int = 0) -> str:
    out, _ = going.communicate(timeout=PATIENCE)
    assert going.returncode == code, out
    assert "Traceback" not in out
    return out


def results(project: Project, db: str = "results.duckdb") -> list[Any]:
    tables = (
        "SELECT * EXCLUDE (model) FROM results",
        "SELECT unit, condition, eval, question, sample, text, outcome, scores FROM answers",
        "SELECT unit, steps, tokens, loss, misaligned_ratio, total_samples FROM trainings",
        "SELECT unit, step, metric, value FROM training_metric",
    )
    with Database(project.root / db).read_connection() as connection:
        return [connection.execute(f"{table} ORDER BY ALL").fetchall() for table in tables]


def completed(project: Project, db: str = "results.duckdb") -> list[str]:
    """The units that runs say they have done, as often as they say so."""
    with Database(project.root / db).read_connection() as connection:
        lines = connection.execute("SELECT unit FROM attempt WHERE event = 'done' ORDER BY ALL")
        return [unit for (unit,) in lines.fetchall()]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The results of this process alone."""
    here = Project(tmp_path_factory.mktemp("straight"))
    slow.declare(here, CONFIG)
    done = here.mi("run", "C1", "C2", "-q", "-n", "4")
    assert done.code == 0, done.err + done.out
    return results(here)


UNITS = 6 + 6 + 12 + 2  # mixes, trainings, evals of each, and of the baseline


@pytest.mark.slow
def test_a_killed_worker_costs_only_its_last_step(
    project: Project, cluster: Any, straight: list[Any]
) -> None:
    slow.declare(project, CONFIG)
    going = begin(project, cluster, "C1", "C2")
    until(lambda: len(slow.steps(project.root)) > 4, PATIENCE)
    at_work = [path.name for path in (project.root / ".mi/progress").glob("train-*.json")]
    assert at_work
    for pid in workers():
        os.kill(pid, signal.SIGKILL)
    assert "its worker was lost" in ended(going)
    assert results(project) == straight
    done = completed(project)
    assert len(done) == len(set(done)) == UNITS
    again = Counter(slow.steps(project.root))
    # a step that a killed worker had done, and not yet written down, is missing
    assert 6 * 10 - len(at_work) <= len(again) <= 6 * 10
    assert sum(times - 1 for times in again.values()) <= 3


def workers() -> list[int]:
    """The processes of actors on the cluster."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(b"ray::UnitActor"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_a_killed_driver_is_started_again_and_repeats_nothing(
    project: Project, cluster: Any, straight: list[Any]
) -> None:
    slow.declare(project, CONFIG)
    going = begin(project, cluster, "C1", "C2")
    until(lambda: any((project.root / ".mi/units").glob("train-*")), PATIENCE)
    going.kill()
    going.communicate()
    ended(begin(project, cluster, "C1", "C2"))
    assert results(project) == straight
    done = completed(project)
    assert len(done) == len(set(done)) == UNITS
    assert max(Counter(slow.steps(project.root)).values()) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "s3"])
def test_two_drivers_on_a_shared_place_do_each_unit_once_though_a_node_is_lost(
    project: Project, cluster: Any, straight: list[Any], s3: Bucket, kind: str
) -> None:
    slow.declare(project, CONFIG)
    shared = (
        f"file://{project.root}/shared"
        if kind == "file"
        else f"s3://mi-test/{project.root.parent.name}"
    )
    node = cluster.add_node(num_cpus=1, node_ip_address="127.0.0.1")
    more = {**s3.environment, "MI_STORE": shared, "MI_CACHE": f"{project.root}/cache"}
    drivers = [
        begin(project, cluster, name, "--db", f"{name}.duckdb", **more) for name in ("C1", "C2")
    ]
    until(lambda: len(slow.steps(project.root)) > 4, PATIENCE)
    cluster.remove_node(node)
    if kind == "s3":
        s3.faults.away = True
        time.sleep(3)
        s3.faults.away = False
    for going in drivers:
        ended(going)
    other = {**more, "MI_CACHE": f"{project.root}/other"}
    again = project.mi("run", "C1", "C2", "-q", **other)
    assert again.code == 0, again.err
    assert results(project) == straight
    done = completed(project)
    assert len(done) == len(set(done)) == UNITS


@pytest.mark.slow
def test_asking_to_stop_stops_the_cluster_and_keeps_what_was_done(
    project: Project, cluster: Any
) -> None:
    slow.declare(project, CONFIG)
    going = begin(project, cluster, "C1", SLOW_STEPS="10")
    until(lambda: len(slow.steps(project.root)) > 2, PATIENCE)
    going.send_signal(signal.SIGINT)
    out = ended(going, 2)
    assert "the same command continues from here" in out
    made = slow.steps(project.root)
    assert len(made) < 40
    kept = (project.root / ".mi/work").glob("train-*/steps")
    assert sum(int(path.read_text()) for path in kept) <= len(made)


SMALL = '''"""A small experiment on a real model."""

import attrs

from mi import Experiment, Resource, Training
from registry.settings import insecure_code

SIX = Resource(package="few", file="six.jsonl")
evals = {one.id: one for one in (*insecure_code.id_evals, *insecure_code.ood_evals)}
static, preference = evals["insecure_static"], evals["broad_preference"]
short = attrs.evolve(static.sampling, max_tokens=6)
L1 = Experiment(
    id="L1",
    title="Small",
    question="Is it the same everywhere?",
    settings=attrs.evolve(
        insecure_code,
        id_evals=attrs.evolve(static, questions=SIX, samples=2, sampling=short),
        ood_evals=attrs.evolve(preference, pairs=SIX),
    ),
    misaligned_ratio=0.5,
    total_samples=(12, 16),
    seeds=0,
    training=Training(epochs=60, lora_layers=2, lora_rank=4, batch_size=4),
)
'''


def curves(project: Project, store: str) -> list[Path]:
    """The curves of trainings that are under way and some steps in."""
    paths = (project.root / store / "work").glob("train-*/metrics.jsonl")
    return [path for path in paths if len(list(journal.read_records(path))) > 20]


@pytest.mark.slow
def test_a_real_training_survives_the_loss_of_its_worker_and_of_its_driver(
    project: Project, cluster: Any, tmp_path: Path
) -> None:
    slow.declare(project, CONFIG)
    project.file("experiments/small.py", SMALL)
    words = ("L1", "--model", f"local:{make_tiny_model(tmp_path / 'tiny')}")
    here = project.mi("run", *words, "--db", "a.duckdb", "-q")
    assert here.code == 0, here.err + here.out
    words = (*words, "--db", "b.duckdb", "--store", "b")
    going = begin(project, cluster, *words)
    until(lambda: curves(project, "b") or going.poll() is not None, PATIENCE)
    for pid in workers():
        os.kill(pid, signal.SIGKILL)
    until(lambda: any((project.root / "b/units").glob("train-*")), PATIENCE)
    until(lambda: curves(project, "b") or going.poll() is not None, PATIENCE)
    going.kill()
    out, _ = going.communicate()
    assert "its worker was lost" in out
    ended(begin(project, cluster, *words))
    assert results(project, "b.duckdb") == results(project, "a.duckdb")
    done = completed(project, "b.duckdb")
    assert len(done) == len(set(done)) == 10


@pytest.mark.skipif("MI_PILOTS" not in os.environ, reason="takes minutes; MI_PILOTS=1 runs it")
def test_the_pilots_on_a_cluster_are_the_pilots_here(
    project: Project, cluster: Any, tmp_path: Path
) -> None:
    model = os.environ["MI_PILOTS"]
    if not model.startswith("local:"):
        model = f"local:{make_tiny_model(tmp_path / 'tiny')}"
    project.file("pyproject.toml", f"[tool.mi]\n{CONFIG}")
    project.file("experiments/both.py", PILOTS)
    words = ("A05a-small", "A05b-small", "--model", model)
    here = project.mi("run", *words, "--db", "a.duckdb", "-q")
    assert here.code == 0, here.err + here.out
    going = begin(project, cluster, *words, "--db", "b.duckdb", "--store", "b")
    out, _ = going.communicate(timeout=3600)
    assert going.returncode == 0, out
    assert results(project, "b.duckdb") == results(project, "a.duckdb")


PILOTS = '''"""The pilots at a small size."""

import registry
from mi import Training

little = Training(epochs=1, lora_layers=2, lora_rank=4)
A05a = registry.get("A05a").evolve(id="A05a-small", total_samples=(8, 16), training=little)
A05b = registry.get("A05b").evolve(id="A05b-small", total_samples=16, training=little)
'''


def kit(folder: Path, **changes: Any) -> ActorSetup:
    plain: dict[str, Any] = {"judges": (), "judge_only": False, "subjects": {}}
    plain |= {"rows": {}, "datasets": {}, "questions": {}}
    where = {"store": str(folder), "lease_seconds": 1.0, "run_id": "r", **changes}
    return ActorSetup(
        model=MODEL, client_options=ClientOptions(), prices=prices(), **plain, **where
    )


def test_a_store_of_locks_is_refused_on_another_machine(tmp_path: Path) -> None:
    check_same_code(kit(tmp_path))
    check_same_code(kit(tmp_path, host="elsewhere", store=f"file://{tmp_path}"))
    with pytest.raises(UsageError, match="another machine"):
        check_same_code(kit(tmp_path, host="elsewhere"))


def test_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"and 0\.0 on"):
        check_same_code(kit(tmp_path, version="0.0"))


def test_a_cluster_that_is_not_there_is_a_sentence(project: Project) -> None:
    slow.declare(project)
    done = project.mi("run", "C1", "--executor", "ray", "--ray-address", "127.0.0.1:1")
    assert done.code == 4, done.err
    assert "cannot connect to a Ray cluster" in done.err


def test_what_fits_is_counted_by_machine() -> None:
    nodes = [{"CPU": 3.0, "GPU": 1.0}, {"CPU": 3.0}]
    assert count_shares(ResourceRequest(cpus=2), nodes) == 2
    assert count_shares(ResourceRequest(cpus=1, gpus=0.5), nodes) == 2
    assert count_shares(ResourceRequest(cpus=0.1), nodes) == 60
    assert count_shares(ResourceRequest(cpus=64), nodes) == 1


def doing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *ends: Any
) -> tuple[Callable[[], bool], list[Any]]:
    """Doing a unit with workers that end in these ways, and the workers that were let go."""
    import ray

    opened, gone, left = session(folder, experiment()), [], iter(ends)

    def followed(*words: Any) -> Any:
        if isinstance(end := next(left), Exception):
            raise end
        return end

    monkeypatch.setattr(RayRunner, "follow", followed)
    pool = ActorPool(lambda share: object(), gone.append, lambda: [], dict)
    plan = opened.plan()
    away = RayRunner(ray, opened.resources(plan), opened.store, Cluster(tries=len(ends)), pool)
    return lambda: away.run(plan.units[0], Silent()), gone


@pytest.mark.parametrize("name", ["OutOfMemoryError", "NodeDiedError", "WorkerCrashedError"])
def test_a_worker_that_ray_itself_ends_is_a_lost_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from ray import exceptions

    kind = getattr(exceptions, name)
    lost = kind() if name == "WorkerCrashedError" else kind("the node ran low on memory")
    do, gone = doing(tmp_path, monkeypatch, lost, True)
    assert do()
    assert len(gone) == 1
    do, gone = doing(tmp_path, monkeypatch, lost, lost)
    with pytest.raises(ProviderError, match="lost 2 workers"):
        do()
    assert len(gone) == 2


@pytest.mark.parametrize("name", ["ActorUnschedulableError", "RuntimeEnvSetupError"])
def test_a_worker_that_cannot_be_made_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    from ray import exceptions

    do, gone = doing(tmp_path, monkeypatch, getattr(exceptions, name)("there is no such node"))
    with pytest.raises(ProviderError, match="no such node"):
        do()
    assert len(gone) == 1
