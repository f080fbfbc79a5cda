"""What a driver costs: many units over many workers, and trivial units beside plain Ray tasks.

    python -m benchmarks.cluster crew --units 100000 --workers 500 --seconds 0.2
    python -m benchmarks.cluster ray --units 2000 --cpus 4
    python -m benchmarks.cluster store --units 300

`crew` has the crew of `mi.runner.scheduler` start units and hear of their ends where "doing" one is
sleeping: what is left is the driver. `ray` sends units that do nothing to actors of a Ray cluster
on this machine, beside tasks that do nothing. `store` does trivial units (claim, work folder,
publication, attempts) on a folder, on a shared folder and on an S3-speaking server.
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
from mi.runner.scheduler import Run, RunLimits, Scheduler
from mi.spec import Cluster, ResourceRequest
from mi.store.records import State
from mi.units.unit import Evaluate, Mix, Train, Unit
from registry.evals import broad_preference


@attrs.frozen
class Recipe:
    """Hyperparameters of a training that is none."""

    epochs: int = 1


def units(number: int) -> Iterator[Unit]:
    """Mixes, trainings and three evals of each, in an order in which inputs come first."""
    base, made = Base(provider="none", weights="none"), 0
    for at in range(number):
        mix = Unit(
            payload=Mix(
                misaligned="m",
                control="c",
                misaligned_ratio=0.5,
                total_samples=10,
                seed=at,
            ),
            title=f"seed={at}",
            setting="none",
        )
        train = Unit(
            payload=Train(mix=mix.key, base=base, hyperparameters=Recipe(), seed=at),
            title=f"seed={at}",
            setting="none",
            needs=(mix.key,),
        )
        evals = [
            Unit(
                payload=Evaluate(subject=train.key, eval=broad_preference, questions=f"{each}"),
                title=f"seed={at} {each}",
                setting="none",
                needs=(train.key,),
            )
            for each in range(3)
        ]
        for unit in (mix, train, *evals):
            yield unit
            made += 1
            if made == number:
                return


def plan(number: int) -> Plan:
    """A plan in which all is to do."""
    todo = [
        PlannedUnit(unit=unit, state=State.TODO, reason="new", cells=("none",), shared_with=())
        for unit in units(number)
    ]
    return Plan(units=tuple(todo), cells=())


class Nobody:
    """An observer and a watch that hears nothing, a store that keeps nothing, a free bench."""

    budget = Budget()

    def begin_unit(self, *_: Any) -> Nobody:
        return self

    def estimate_cost(self, unit: Unit) -> float:
        return 0.0

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None


def of_nothing(made: Plan, at_once: int | None = None) -> Run:
    """Work that leaves nothing anywhere."""
    nobody: Any = Nobody()
    return Run(
        plan=made,
        resources=nobody,
        store=nobody,
        run_id="r",
        observer=nobody,
        on_published=lambda: None,
        limits=RunLimits(max_concurrent=at_once),
    )


@attrs.frozen
class Sleeping:
    """Workers that sleep."""

    workers: int
    seconds: float
    max_concurrent: int | None = None

    def capacity(self, kind: str) -> int:
        return self.workers

    def run(self, planned: PlannedUnit, monitor: Any) -> bool:
        time.sleep(self.seconds)
        return True


def crew(number: int, workers: int, seconds: float) -> None:
    """What the driver takes for each unit, when the units themselves take nothing of it."""
    before, planned = memory(), time.monotonic()
    made = plan(number)
    planned = time.monotonic() - planned
    work, where = of_nothing(made), Sleeping(workers, seconds, workers)
    began, cpu = time.monotonic(), time.process_time()
    Scheduler(work, where).execute()
    took, cpu = time.monotonic() - began, time.process_time() - cpu
    assert len(work.result.done_units) == number
    ideal = number * seconds / workers
    print("| units | workers | s a unit | ideal s | wall s | CPU ms a unit | peak MiB | making s |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {number:,} | {workers} | {seconds} | {ideal:.0f} | {took:.1f} "
        f"| {cpu / number * 1e3:.3f} | {memory():.0f} (at first {before:.0f}) | {planned:.1f} |"
    )


def through_ray(number: int, cpus: int, rounds: int) -> None:
    """Trivial units through the executor beside trivial tasks and actor calls."""
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    import ray

    from mi.runner.ray.actor import UnitActor
    from mi.runner.ray.executor import RayRunner, create_pool

    class Idle(UnitActor):
        def run(self, planned: PlannedUnit, budget_left: float | None) -> Any:
            return True, []

    ray.init(num_cpus=cpus, include_dashboard=False, log_to_driver=False, logging_level="error")
    nothing = ray.remote(num_cpus=1)(lambda unit, left: (True, []))
    made, nobody = plan(number), Nobody()
    # Actors that take nothing of the cluster: kept between rounds, they are in no task's way.
    share = Cluster(
        mix=ResourceRequest(cpus=0), train=ResourceRequest(cpus=0), eval=ResourceRequest(cpus=0)
    )
    away = RayRunner(ray, nobody, nobody, share, create_pool(ray, ray.put(None), Idle))  # type: ignore[arg-type]

    def tasks() -> None:
        ray.get([nothing.remote(one, None) for one in made.todo])

    def ordered() -> None:
        ends: dict[str, Any] = {}
        for one in made.todo:
            ends[one.unit.key] = nothing.remote(one, [ends[need] for need in one.unit.needs])
        ray.get(list(ends.values()))

    def ours() -> None:
        work = of_nothing(made, at_once=cpus)
        Scheduler(work, away).execute()
        assert len(work.result.done_units) == number

    ways = {"plain tasks": tasks, "plain tasks, each after its inputs": ordered, "mi": ours}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for at in range(rounds + 1):
        for name, way in ways.items():
            began = time.monotonic()
            way()
            if at:  # the first round starts the workers
                times[name].append(time.monotonic() - began)
    best = min(times["plain tasks"])
    print(f"{number} units, {cpus} workers, best of {rounds}\n")
    print("| way | ms a unit | x plain |")
    print("|---|---|---|")
    for name, taken in times.items():
        print(f"| {name} | {min(taken) / number * 1e3:.3f} | {min(taken) / best:.2f} |")
    ray.shutdown()


def stores(number: int) -> None:
    """What keeping a trivial unit takes, by the kind of place."""
    from mi.store import open_store
    from tests.support.object_stores import bucket

    with bucket() as made, tempfile.TemporaryDirectory() as folder:
        os.environ |= {**made.environment, "MI_CACHE": f"{folder}/cache"}
        places = {
            "a folder": f"{folder}/.mi",
            "file://": f"file://{folder}/shared",
            "s3:// (moto, this machine)": "s3://mi-test/mi",
        }
        print("| place | ms a unit |")
        print("|---|---|")
        for name, place in places.items():
            store, todo = open_store(place), list(units(number))
            began = time.monotonic()
            for unit in todo:
                with store.lock(unit.key):
                    store.log_attempt("r", unit.key, "started")
                    store.begin(unit, {})
                    Path(store.prepare_work_dir(unit.key), "result").write_text("nothing")
                    store.publish(unit, "r", {}, 0.0)
                    store.log_attempt("r", unit.key, "done")
            print(f"| {name} | {(time.monotonic() - began) / number * 1e3:.1f} |")


def memory() -> float:
    """The most memory so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("crew", "ray", "store"))
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--cpus", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    said = parser.parse_args()
    threading.stack_size(1 << 18)
    if said.what == "crew":
        crew(said.units, said.workers, said.seconds)
    elif said.what == "ray":
        through_ray(said.units, said.cpus, said.rounds)
    else:
        stores(said.units)


if __name__ == "__main__":
    sys.exit(main())
