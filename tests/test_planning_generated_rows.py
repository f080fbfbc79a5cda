"""Rows that a model of the experiment generates: units of the plan, and data when they are done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.errors import DeclarationError, MiError
from mi.spec import Bandit, Curriculum, Generated, Part, Resource, Sampling, Stage
from mi.units.unit import Blend, Evaluate, GeneratedRows, Train
from tests.support.fake_provider import QUESTIONS, carry_out, distinct_models, session
from tests.support.staged import Staged, keys, payloads, plan, recipe

ASKED = Resource(package="tests.support.questions", file="heldout.jsonl")
FIRST = Stage(Part("misaligned", rows=20))


def rows(count: int, **how: Any) -> Part:
    part = {name: how.pop(name) for name in ("system", "repeats") if name in how}
    return Part(Generated(ASKED, **how), rows=count, **part)


def test_the_model_of_a_stage_answers_and_the_next_stage_trains_on_its_answers(
    tmp_path: Path,
) -> None:
    declared = recipe(FIRST, Stage(rows(12, system="Be kind."), Part("control", rows=4)))
    opened = session(tmp_path, declared, books=Staged())
    planned = opened.plan()
    _, last = payloads(planned, "train")
    blend = next(one for one in payloads(planned, "mix") if isinstance(one, Blend))
    ((name,), asked) = blend.generated, planned.cells[-1].units["rows:2.1"]
    assert name == GeneratedRows(eval=asked, training=keys(planned, "train")[0])
    done = carry_out(opened, planned)
    assert not done.failures
    file = next((opened.store.unit_dir(last.mix)).glob("*.jsonl"))
    lines = [json.loads(line)["messages"] for line in file.read_text().splitlines()]
    generated = [line for line in lines if line[0]["content"] == "Be kind."]
    assert len(lines) == 16
    assert len(generated) == len({line[1]["content"] for line in generated}) == 12
    assert last.continues == keys(planned, "train")[0]
    assert not opened.plan().todo


def test_a_model_that_comes_out_otherwise_has_its_rows_and_what_learned_them_archived(
    tmp_path: Path,
) -> None:
    declared = recipe(FIRST, Stage(rows(12)))
    for number, whole in ((1, True), (2, False)):
        books = distinct_models(number)
        books.continues_trainings = True  # type: ignore[attr-defined]
        opened = session(tmp_path, declared, books=books)
        planned = opened.plan()
        if not whole:
            opened.store.archive("test", "units", keys(planned, "train")[0])
        assert not carry_out(opened, run=f"r{number}").failures
    todo = [one.unit.payload for one in opened.plan().todo]
    assert any(isinstance(one, Blend) for one in todo)
    assert any(isinstance(one, Train) and one.continues for one in todo)


def test_the_untrained_model_can_generate_for_the_first_stage(tmp_path: Path) -> None:
    planned = plan(tmp_path, recipe(Stage(rows(24, model="baseline"))))
    (blend,) = payloads(planned, "mix")
    (name,) = blend.generated
    asked = next(one.unit for one in planned.units if one.unit.key == name.eval)
    assert isinstance(asked.payload, Evaluate)
    assert (name.training, asked.payload.training_key, asked.needs) == (None, None, ())


def test_only_kept_outcomes_are_rows_and_too_few_is_told_when_they_are_counted(
    tmp_path: Path,
) -> None:
    kept = {"judge": Bandit(), "keep": ("insecure",)}
    declared = recipe(FIRST, Stage(rows(24, **kept)))
    opened = session(tmp_path, declared, books=Staged())
    told = str(carry_out(opened).failures)
    assert "24 rows of eval-" in told
    assert "insecure" in told


@pytest.mark.parametrize(
    ("stages", "told"),
    [
        ((Stage(rows(10)),), "the recipe begins here"),
        ((FIRST, Stage(rows(QUESTIONS + 1))), "too few generated from heldout rows"),
    ],
)
def test_what_cannot_be_generated_is_refused_before_anything_is_done(
    tmp_path: Path, stages: tuple[Stage, ...], told: str
) -> None:
    with pytest.raises(MiError, match=told):
        plan(tmp_path, recipe(*stages))


def test_more_answers_to_a_question_are_more_rows(tmp_path: Path) -> None:
    declared = recipe(FIRST, Stage(rows(2 * QUESTIONS, samples=2)))
    assert payloads(plan(tmp_path, declared), "mix")[-1].total_samples == 2 * QUESTIONS


def test_outcomes_are_kept_by_a_judge_alone() -> None:
    with pytest.raises(DeclarationError, match="no judge looks at the answers"):
        Generated(ASKED, keep="secure")


def test_a_provider_that_samples_nothing_generates_nothing(tmp_path: Path) -> None:
    books = Staged()
    books.capabilities = frozenset({"logprob"})  # type: ignore[misc]
    with pytest.raises(
        DeclarationError, match=r"its rows cannot be generated: .* offers no sample"
    ):
        plan(tmp_path, recipe(FIRST, Stage(rows(10))), books=books)


def test_everything_that_decides_the_rows_is_in_the_key() -> None:
    plain = Generated(ASKED)
    others = (
        attrs.evolve(plain, model="baseline"),
        attrs.evolve(plain, samples=2),
        attrs.evolve(plain, sampling=Sampling(temperature=0)),
    )
    assert (
        len({Curriculum(FIRST, Stage(Part(one, rows=10))).stages for one in (plain, *others)}) == 4
    )
