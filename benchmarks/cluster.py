"""What a driver costs: many units over many workers, and trivial units next to plain Ray tasks.

    python -m benchmarks.cluster scheduler --units 100000 --workers 500 --seconds 0.2
    python -m benchmarks.cluster ray --units 2000 --cpus 4
    python -m benchmarks.cluster store --units 300

`scheduler` runs the scheduler of `mi.runner.scheduler` on units that only sleep, so that what
remains is the cost of the driver. `ray` sends empty units to actors of a Ray cluster on this
machine, next to empty tasks. `store` runs trivial units (lock, working directory, publication,
attempts) on a folder, on a shared folder and on a server that speaks S3.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs

from mi.planning.plan import Plan, PlannedUnit
from mi.providers.pricing import Budget
from mi.providers.types import Base
from mi.runner.scheduler import Scheduler
from mi.runner.types import Run, RunLimits
from mi.spec import Cluster, ResourceRequest
from mi.store.records import State
from mi.units.unit import Evaluate, Mix, Train, Unit
from registry.evals import broad_preference


@attrs.frozen
class Recipe:
    """Hyperparameters of a training that never runs."""

    epochs: int = 1


def generate_units(number: int) -> Iterator[Unit]:
    """Mixes, trainings and three evals of each, in an order in which inputs come first."""
    base, count = Base(provider="none", weights="none"), 0
    for seed in range(number):
        mix = Unit(
            payload=Mix(
                misaligned="m",
                control="c",
                misaligned_ratio=0.5,
                total_samples=10,
                seed=seed,
            ),
            title=f"seed={seed}",
            setting="none",
        )
        train = Unit(
            payload=Train(mix=mix.key, base=base, hyperparameters=Recipe(), seed=seed),
            title=f"seed={seed}",
            setting="none",
            needs=(mix.key,),
        )
        evals = [
            Unit(
                payload=Evaluate(subject=train.key, eval=broad_preference, questions=f"{index}"),
                title=f"seed={seed} {index}",
                setting="none",
                needs=(train.key,),
            )
            for index in range(3)
        ]
        for unit in (mix, train, *evals):
            yield unit
            count += 1
            if count == number:
                return


def build_plan(number: int) -> Plan:
    """A plan in which every unit is to do."""
    todo = [
        PlannedUnit(unit=unit, state=State.TODO, reason="new", cells=("none",), shared_with=())
        for unit in generate_units(number)
    ]
    return Plan(units=tuple(todo), cells=())


class NullCollaborator:
    """Observer, monitor, store and resources in one, which do nothing and cost nothing."""

    budget = Budget()

    def begin_unit(self, *_: Any) -> NullCollaborator:
        return self

    def estimate_cost(self, unit: Unit) -> float:
        return 0.0

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def null_run(plan: Plan, max_concurrent: int | None = None) -> Run:
    """A run that leaves no trace."""
    collaborator: Any = NullCollaborator()
    return Run(
        plan=plan,
        resources=collaborator,
        store=collaborator,
        run_id="r",
        observer=collaborator,
        on_published=lambda: None,
        limits=RunLimits(max_concurrent=max_concurrent),
    )


@attrs.frozen
class SleepingRunner:
    """Workers that sleep."""

    workers: int
    seconds: float
    max_concurrent: int | None = None

    def capacity(self, kind: str) -> int:
        return self.workers

    def run(self, planned: PlannedUnit, monitor: Any) -> bool:
        time.sleep(self.seconds)
        return True


def measure_scheduler(number: int, workers: int, seconds: float) -> None:
    """Measure the driver's cost per unit when the units themselves cost it nothing.

    Args:
        number: Units.
        workers: Simulated workers.
        seconds: How long a unit sleeps.
    """
    memory_before, plan_seconds = peak_memory(), time.monotonic()
    plan = build_plan(number)
    plan_seconds = time.monotonic() - plan_seconds
    run, runner = null_run(plan), SleepingRunner(workers, seconds, workers)
    start, cpu = time.monotonic(), time.process_time()
    Scheduler(run, runner).execute()
    wall, cpu = time.monotonic() - start, time.process_time() - cpu
    assert len(run.result.done_units) == number
    ideal = number * seconds / workers
    print("| units | workers | s a unit | ideal s | wall s | CPU ms a unit | peak MiB | making s |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {number:,} | {workers} | {seconds} | {ideal:.0f} | {wall:.1f} "
        f"| {cpu / number * 1e3:.3f} | {peak_memory():.0f} (at first {memory_before:.0f}) "
        f"| {plan_seconds:.1f} |"
    )


def measure_ray(number: int, cpus: int, rounds: int) -> None:
    """Run empty units through the executor, next to empty tasks and actor calls.

    Args:
        number: Units.
        cpus: CPUs of the cluster, one per worker.
        rounds: Repetitions; the best one counts.
    """
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    import ray

    from mi.runner.ray.actor import UnitActor
    from mi.runner.ray.executor import RayRunner, create_pool

    class Idle(UnitActor):
        def run(self, planned: PlannedUnit, budget_left: float | None) -> Any:
            return True, []

    ray.init(num_cpus=cpus, include_dashboard=False, log_to_driver=False, logging_level="error")
    empty_task = ray.remote(num_cpus=1)(lambda unit, left: (True, []))
    plan, collaborator = build_plan(number), NullCollaborator()
    # Actors that take nothing of the cluster: kept between rounds, they are in no task's way.
    cluster = Cluster(
        mix=ResourceRequest(cpus=0), train=ResourceRequest(cpus=0), eval=ResourceRequest(cpus=0)
    )
    runner = RayRunner(
        ray, collaborator, collaborator, cluster, create_pool(ray, ray.put(None), Idle)
    )  # type: ignore[arg-type]

    def tasks() -> None:
        ray.get([empty_task.remote(planned, None) for planned in plan.todo])

    def ordered() -> None:
        ends: dict[str, Any] = {}
        for planned in plan.todo:
            needs = [ends[need] for need in planned.unit.needs]
            ends[planned.unit.key] = empty_task.remote(planned, needs)
        ray.get(list(ends.values()))

    def ours() -> None:
        work = null_run(plan, max_concurrent=cpus)
        Scheduler(work, runner).execute()
        assert len(work.result.done_units) == number

    variants = {"plain tasks": tasks, "plain tasks, each after its inputs": ordered, "mi": ours}
    times: dict[str, list[float]] = {name: [] for name in variants}
    for round_index in range(rounds + 1):
        for name, work in variants.items():
            start = time.monotonic()
            work()
            if round_index:  # the first round starts the workers
                times[name].append(time.monotonic() - start)
    best = min(times["plain tasks"])
    print(f"{number} units, {cpus} workers, best of {rounds}\n")
    print("| way | ms a unit | x plain |")
    print("|---|---|---|")
    for name, seconds in times.items():
        print(f"| {name} | {min(seconds) / number * 1e3:.3f} | {min(seconds) / best:.2f} |")
    ray.shutdown()


def measure_stores(number: int) -> None:
    """What keeping a trivial unit takes, by the kind of place."""
    from mi.store import open_store
    from tests.support.object_stores import bucket

    with bucket() as plan, tempfile.TemporaryDirectory() as directory:
        os.environ |= {**plan.environment, "MI_CACHE": f"{directory}/cache"}
        places = {
            "a folder": f"{directory}/.mi",
            "file://": f"file://{directory}/shared",
            "s3:// (moto, this machine)": "s3://mi-test/mi",
        }
        print("| place | ms a unit |")
        print("|---|---|")
        for name, place in places.items():
            store, todo = open_store(place), list(generate_units(number))
            start = time.monotonic()
            for unit in todo:
                with store.lock(unit.key):
                    store.log_attempt("r", unit.key, "started")
                    store.begin(unit, {})
                    Path(store.prepare_work_dir(unit.key), "result").write_text("nothing")
                    store.publish(unit, "r", {}, 0.0)
                    store.log_attempt("r", unit.key, "done")
            print(f"| {name} | {(time.monotonic() - start) / number * 1e3:.1f} |")


def peak_memory() -> float:
    """The most memory so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("scheduler", "ray", "store"))
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--cpus", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    threading.stack_size(1 << 18)
    if args.what == "scheduler":
        measure_scheduler(args.units, args.workers, args.seconds)
    elif args.what == "ray":
        measure_ray(args.units, args.cpus, args.rounds)
    else:
        measure_stores(args.units)


if __name__ == "__main__":
    sys.exit(main())
