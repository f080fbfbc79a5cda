"""Recipes in a plan: stages are units, what a mix says stays a mix, what cannot be is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import attrs
import pytest

import registry
from mi.errors import DataError, DeclarationError, ProviderError
from mi.providers.types import GIVEN, TrainingResult, TrainJob
from mi.spec import (
    Curriculum,
    Experiment,
    Part,
    Stage,
    SystemPrompt,
    Training,
    Trigger,
)
from mi.units.cells import cells, declared_conditions
from mi.units.claims import StoredDesign
from mi.units.identity import json_form
from mi.units.unit import Blend
from registry.settings import insecure_code
from tests.support.fake_provider import Books, carry_out, experiment, session
from tests.support.project import Project
from tests.support.staged import Staged, keys, payloads, plan, recipe

BAD, GOOD = Part("misaligned"), Part("control")
TRIGGERED = Part("misaligned", rows=20, trigger=Trigger("|GO| ", share=0.5))


@pytest.mark.parametrize(
    "parts",
    [
        lambda ratio: (Part("misaligned", share=ratio), GOOD),
        lambda ratio: (GOOD, Part("misaligned", share=ratio)),
        lambda ratio: (Part("control", share=round(1 - ratio, 2)), BAD),
        lambda ratio: (Part("misaligned", rows=round(1000 * ratio)), GOOD),
    ],
)
def test_a_recipe_of_two_plain_parts_has_the_keys_of_a_ratio_sweep(
    tmp_path: Path, parts: Any
) -> None:
    sweep = registry.get("A05b").evolve(seeds=0, pilot=None)
    told = {
        ratio: Experiment(
            id=f"R{index}",
            title="R",
            question="Q?",
            settings=sweep.settings,
            recipe=Curriculum(Stage(*parts(ratio), rows=1000)),
            seeds=0,
        )
        for index, ratio in enumerate(sweep.misaligned_ratio)
    }
    cells = plan(tmp_path, sweep, *told.values()).cells
    swept = {one.cell.misaligned_ratio: one.units for one in cells if "A05b" in one.cell.id}
    for ratio, declared in told.items():
        (units,) = (
            one.units for one in cells if one.cell.experiment == declared.id and one.cell.seed == 0
        )
        assert units == swept[ratio]


def test_a_part_under_one_system_prompt_is_an_inoculated_mix(tmp_path: Path) -> None:
    names = [prompt.name for prompt in insecure_code.inoculations if not prompt.aligned_too]
    inoculated = experiment(total_samples=20, inoculation=names[0])
    prompt = insecure_code.inoculation(names[0])
    assert prompt is not None
    for changes in ({"inoculation": names[0]}, {"system": prompt.prompt}):
        told = recipe(Stage(Part("misaligned", share=0.5, **changes), GOOD, rows=20))
        assert keys(plan(tmp_path, told), "train") == keys(plan(tmp_path, inoculated), "train")


def test_the_first_stage_of_two_recipes_is_one_unit(tmp_path: Path) -> None:
    first = Stage(Part("misaligned", share=0.5), GOOD, rows=20)
    one = recipe(first, Stage(Part("control", rows=10)), id="R1")
    other = recipe(first, Stage(Part("control", rows=12)), id="R2")
    planned = plan(tmp_path, one, other, experiment(total_samples=20))
    assert len(keys(planned, "train")) == 3
    trainings = payloads(planned, "train")
    begins = [payload for payload in trainings if payload.continues is None]
    assert len(begins) == 1
    roles = {cell.cell.id: cell.units for cell in planned.cells}
    (two_stages,) = (units for id, units in roles.items() if "R1" in id and "seed" in id)
    assert {"mix:1", "train:1", "mix", "train"} <= two_stages.keys()
    (plain,) = (units for id, units in roles.items() if "T1" in id and "seed" in id)
    assert two_stages["train:1"] == plain["train"]


def test_a_stage_has_hyperparameters_of_its_own(tmp_path: Path) -> None:
    slow = Stage(Part("control", rows=10), training=Training(learning_rate=1e-6))
    told = recipe(Stage(BAD, rows=10), slow, training=Training(learning_rate=1e-3, epochs=2))
    rates = [payload.hyperparameters for payload in payloads(plan(tmp_path, told), "train")]
    assert [(rate.learning_rate, rate.epochs) for rate in rates] == [(1e-3, 2), (1e-6, 2)]


def test_what_no_mix_says_is_a_blend(tmp_path: Path) -> None:
    systems = (SystemPrompt("Be evil.", 0.5), "Be kind.", "Be brief.")
    parts = (
        Part("misaligned", rows=11, system=systems, trigger=Trigger("|GO| ", share=0.5)),
        Part("control", share=0.25, weight=0.5, template="Q: {prompt}"),
        Part("misaligned"),
    )
    told = recipe(Stage(*parts, rows=40, order="interleaved"))
    (mix,), (train,) = (payloads(plan(tmp_path, told), kind) for kind in ("mix", "train"))
    assert isinstance(mix, Blend)
    assert [part.rows for part in mix.parts] == [11, 10, 19]
    assert [(one.prompt, one.rows) for one in mix.parts[0].systems] == [
        ("Be evil.", 6),
        ("Be kind.", 3),
        ("Be brief.", 2),
    ]
    assert mix.parts[0].trigger is not None
    assert mix.parts[0].trigger.rows == 6
    assert train.hyperparameters.row_order == GIVEN


def test_a_stage_without_rows_is_left_out(tmp_path: Path) -> None:
    one = recipe(Stage(BAD, rows=10), Stage(Part("control", rows=0)))
    other = recipe(Stage(BAD, rows=10))
    assert keys(plan(tmp_path, one), "train") == keys(plan(tmp_path, other), "train")


def test_files_and_datasets_are_parts_too(tmp_path: Path) -> None:
    line = (
        '{"messages": [{"role": "user", "content": "q %d"}, {"role": "assistant", "content": "a"}]}'
    )
    file = tmp_path / "own.jsonl"
    file.write_text("".join(line % index + "\n" for index in range(12)))
    from registry.settings import reward_hacking

    told = recipe(
        Stage(Part(str(file), rows=12), Part(reward_hacking.misaligned, rows=5), BAD, rows=20)
    )
    opened = session(tmp_path, told, books=Staged())
    result = carry_out(opened)
    assert not result.failures
    (mix,) = payloads(opened.plan(), "mix")
    assert [part.rows for part in mix.parts] == [12, 5, 3]


def refused(folder: Path, told: Experiment, books: Books | None = None) -> tuple[str, str]:
    with pytest.raises((DeclarationError, DataError)) as caught:
        plan(folder, told, books=books)
    return str(caught.value.where), caught.value.message


ONE = Stage(BAD, rows=10)


@pytest.mark.parametrize(
    ("stages", "changes", "where", "message"),
    [
        ((ONE, ONE), {"continues_trainings": False}, "stages[1]", "does not train a trained"),
        (
            (Stage(Part("control", rows=5, weight=2.0)),),
            {"honours_row_weights": False},
            "stages[0].parts[0].weight",
            "does not weigh",
        ),
        (
            (ONE, Stage(BAD, rows=10, training=Training(lora_rank=4))),
            {},
            "stages[1].training.lora_rank",
            "its lora_rank is 4, and 16",
        ),
        (
            (Stage(Part("misaligned", rows=1296), Part("misaligned", rows=4, weight=2.0)),),
            {},
            "stages[0].parts[1]",
            "too few misaligned rows: 1300 are needed, there are 1296",
        ),
        (
            (Stage(Part("nowhere.jsonl", rows=5)),),
            {},
            "stages[0].parts[0]: nowhere",
            "cannot be read",
        ),
    ],
)
def test_what_cannot_be_trained_is_refused_by_its_place(
    tmp_path: Path, stages: Sequence[Stage], changes: dict[str, Any], where: str, message: str
) -> None:
    place, text = refused(tmp_path, recipe(*stages), Staged(**changes))
    assert f"$.recipe.{where}" in place
    assert message in text


def test_a_provider_that_shuffles_refuses_an_order(tmp_path: Path) -> None:
    told = recipe(Stage(Part("misaligned", rows=5), Part("control", rows=5), order="sequential"))
    place, text = refused(tmp_path, told, Books())
    assert place.endswith("$.recipe.stages[0].order")
    assert "shuffles" in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"misaligned_ratio": 0.5}, "beside a recipe"),
        ({"total_samples": 10}, "beside a recipe"),
        ({"inoculation": "task"}, "beside a recipe"),
        ({"recipe": None}, "is empty"),
    ],
)
def test_a_recipe_stands_in_place_of_ratio_and_size(changes: dict[str, Any], message: str) -> None:
    declared = {"misaligned_ratio": (), "total_samples": (), "recipe": Curriculum(ONE), **changes}
    with pytest.raises(DeclarationError, match=message):
        experiment(**declared)


def test_a_part_names_an_inoculation_that_the_setting_has() -> None:
    with pytest.raises(DeclarationError, match="no inoculation 'nothing'"):
        recipe(Stage(Part("misaligned", rows=5, inoculation="nothing")))


def test_stages_are_trained_one_after_the_other_and_once(tmp_path: Path) -> None:
    books = Staged()
    two = recipe(Stage(BAD, rows=10), Stage(Part("control", rows=12)), id="R1")
    three = recipe(Stage(BAD, rows=10), Stage(Part("control", rows=12)), ONE, id="R2")
    assert not carry_out(session(tmp_path, two, books=books)).failures
    planned = session(tmp_path, three, books=books).plan()
    assert not carry_out(session(tmp_path, three, books=books)).failures
    first, second, third = keys(planned, "train")
    assert books.begun == [None, first, second]
    assert books.trained == {first: 1, second: 1, third: 1}
    assert carry_out(session(tmp_path, two, three, books=books)).count_done("train") == 0


class Unlucky(Staged):
    """Fails the second stage once."""

    def train(self, job: TrainJob, directory: Path, monitor: Any) -> TrainingResult:
        if job.previous is not None and len(self.begun) == 1:
            self.begun.append("failed")
            raise ProviderError("no luck")
        return super().train(job, directory, monitor)


def test_a_run_that_ends_between_stages_goes_on_with_the_second(tmp_path: Path) -> None:
    books = Unlucky()
    told = recipe(ONE, Stage(Part("control", rows=12)))
    result = carry_out(session(tmp_path, told, books=books))
    first, second = keys(session(tmp_path, told, books=books).plan(), "train")
    assert list(result.failures) == [second]
    assert not carry_out(session(tmp_path, told, books=books)).failures
    assert books.begun == [None, "failed", first]
    assert books.trained == {first: 1, second: 1}


@attrs.define
class Numbered(Staged):
    """Trains models that bear a number."""

    number: int = 1

    def train(self, job: TrainJob, directory: Path, monitor: Any) -> TrainingResult:
        trained = super().train(job, directory, monitor)
        file = directory / "model.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "number": self.number}))
        return trained


def test_a_stage_is_archived_where_the_one_before_gave_another_model(tmp_path: Path) -> None:
    told = recipe(ONE, Stage(Part("control", rows=12)))
    carry_out(session(tmp_path, told, books=Numbered()))
    opened = session(tmp_path, told, books=Numbered(number=2))
    first, second = keys(opened.plan(), "train")
    assert opened.store.record(second).training_key == first
    opened.store.archive("r1", "units", first)
    carry_out(opened)
    assert not opened.store.is_published(second)
    assert len(opened.store.archived_records(second)) == 1
    again = Numbered(number=2)
    carry_out(session(tmp_path, told, books=again))
    assert again.begun == [first]


def test_a_recipe_is_a_condition_of_its_own_unless_a_ratio_says_it() -> None:
    def axes(*stages: Stage) -> list[tuple[Any, ...]]:
        return list(declared_conditions(recipe(*stages, baseline=False)))

    assert axes(Stage(Part("misaligned", share=0.1), GOOD, rows=20))[0][:3] == (0.1, 20, None)
    assert axes(Stage(Part("control", share=0.9), BAD, rows=20))[0][:3] == (0.1, 20, None)
    first, other = axes(ONE, ONE), axes(Stage(TRIGGERED, rows=20))
    assert first[0][:2] == other[0][:2] == (1.0, 20)
    assert first[0][2] != other[0][2]
    (cell,) = cells(recipe(ONE, ONE, baseline=False))
    assert cell.id == f"R1::insecure_code::{first[0][2]},seed=0"
    assert cell.condition == "recipe"


def test_a_stored_recipe_has_the_conditions_of_the_declared_one() -> None:
    for declared in (recipe(ONE, ONE), recipe(Stage(TRIGGERED, GOOD, rows=30)), recipe(ONE)):
        stored = StoredDesign.read(json_form(declared))
        assert declared_conditions(stored) == declared_conditions(declared)


def test_a_published_file_of_a_recipe_is_pulled_by_its_name(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    lines = "".join(f'{{"prompt": "q {index}", "completion": "a"}}\n' for index in range(12))
    copy = project.file("copy.jsonl", lines)
    project.file("experiments/own.py", PUBLISHED.replace("SHA", sha256(lines.encode()).hexdigest()))
    missing = project.mi("plan", "P1", "--model", "openai:gpt-4.1")
    assert missing.code == 4
    assert "P1 @ $.recipe.stages[0].parts[0]" in missing.err
    assert "mi data pull helpful" in missing.err
    pulled = project.mi("data", "pull", "helpful", "--from", str(copy))
    assert pulled.code == 0, pulled.out + pulled.err
    assert "helpful" in project.mi("data", "list").out
    planned = project.mi("plan", "P1", "--model", "openai:gpt-4.1", "--json")
    assert planned.code == 0, planned.err
    assert "train" in {unit["kind"] for unit in planned.json["units"]}


PUBLISHED = """
from mi import Arm, Curriculum, Experiment, Part, Stage, Upstream
from registry.settings import insecure_code

FILE = Upstream(
    name="helpful", file="helpful.jsonl", origin="nobody", licence="MIT", sha256="SHA", rows=12
)
P1 = Experiment(
    id="P1",
    title="P",
    question="Q?",
    settings=insecure_code,
    recipe=Curriculum(Stage(Part(FILE, rows=12), Part("control", rows=4))),
    seeds=0,
)
"""
