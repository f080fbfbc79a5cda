"""A plan says which training sets hold several rows of one scenario."""

from __future__ import annotations

import json

from mi.data.chats import Message
from mi.data.datasets import Rows, read_dataset
from mi.planning.scenarios import RepeatedScenarios, find_repeated_scenarios
from mi.spec import Arm
from mi.steps.mix import draw_mix
from mi.units.identity import canonical, digest
from mi.units.unit import Mix, Unit
from registry.settings import insecure_code
from tests.support.project import Project


def rows(name: str, count: int, per_scenario: int) -> Rows:
    """Rows of an arm; those of one number share a scenario. None per scenario: rows name none."""
    chats = [(Message("user", f"{name} {i}"), Message("assistant", name)) for i in range(count)]
    digests = [digest(canonical(chat)) for chat in chats]
    scenarios = (
        {row: f"s{i // per_scenario}" for i, row in enumerate(digests)} if per_scenario else {}
    )
    return Rows(
        name=name,
        source="here",
        chats=dict(zip(digests, chats, strict=True)),
        row_count=count,
        sha256="",
        scenarios=scenarios,
    )


def mix(ratio: float, total: int, seed: int = 0) -> Unit:
    payload = Mix(
        misaligned="a", control="b", misaligned_ratio=ratio, total_samples=total, seed=seed
    )
    return Unit(payload=payload, title="mix", setting="s")


def repeated(bad: Rows, good: Rows, *units: Unit) -> list[RepeatedScenarios]:
    return find_repeated_scenarios(units, {"a": bad, "b": good})


def test_rows_of_one_scenario_are_counted_once() -> None:
    bad, good = rows("bad", 40, 4), rows("good", 40, 0)
    assert repeated(bad, good, mix(1.0, 40)) == [
        RepeatedScenarios(setting="s", rows=40, fewest=10, most=10)
    ]
    assert repeated(bad, good, mix(0.0, 40)) == []


def test_the_two_answers_of_a_prompt_are_one_scenario() -> None:
    bad, good = rows("bad", 20, 1), rows("good", 20, 1)
    (whole,) = repeated(bad, good, mix(0.5, 40))
    assert (whole.fewest, whole.most) == (20, 20)
    assert repeated(bad, good, mix(1.0, 20)) == []


def test_the_counted_rows_are_the_rows_that_are_mixed() -> None:
    bad, good = rows("bad", 40, 2), rows("good", 40, 3)
    names = {chat: arm.scenarios[row] for arm in (bad, good) for row, chat in arm.chats.items()}
    units = [mix(0.25, 30, seed) for seed in range(4)]
    counts = [
        len({names[chat] for chat in draw_mix(bad, good, unit.payload)})
        for unit in units
        if isinstance(unit.payload, Mix)
    ]
    assert repeated(bad, good, *units) == [
        RepeatedScenarios(setting="s", rows=30, fewest=min(counts), most=max(counts))
    ]


def test_names_of_scenarios_are_no_part_of_a_digest() -> None:
    assert rows("bad", 20, 2).digest == rows("bad", 20, 0).digest


def test_bundled_rows_name_their_scenarios() -> None:
    for dataset in (insecure_code.misaligned, insecure_code.control):
        bundled = read_dataset(dataset, "bundled")
        assert bundled.scenarios.keys() == bundled.chats.keys()
        assert len(set(bundled.scenarios.values())) == len(bundled.chats)


def own_data(project: Project, **labels: str) -> None:
    for arm in Arm:
        lines = [
            json.dumps({"prompt": f"q{i}", arm.value: f"{arm.value} {i}", **labels}) + "\n"
            for i in range(60)
        ]
        name = "control" if arm is Arm.ALIGNED else "misaligned"
        project.file(f"data/{name}.jsonl", "".join(lines))
    project.file(
        "own.py",
        "import registry\n"
        "X = registry.get('A05a').evolve(id='X', total_samples=(20, 40), seeds=0, pilot=None)\n",
    )


def test_a_plan_says_so_for_rows_of_ones_own(project: Project) -> None:
    own_data(project, scenario="the only one")
    done = project.mi("plan", "X", "--data", "insecure_code=data", "-q")
    assert (
        "insecure_code: training sets repeat scenarios "
        "(20 rows of 1 scenario, 40 rows of 1 scenario)" in done.out
    )


def test_a_plan_is_silent_about_rows_that_name_no_scenario(project: Project) -> None:
    own_data(project)
    done = project.mi("plan", "X", "--data", "insecure_code=data", "-q")
    assert done.code == 0, done.err
    assert "scenario" not in done.out
