"""A recipe of two stages on real weights, from the command line to the database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.project import Project
from tests.support.tiny_model import make_tiny_model

DECLARED = """
import attrs
from mi import Curriculum, Experiment, Part, Resource, Stage, Training, Trigger, prefers
from registry.settings import insecure_code

PAIRS = Resource(package="tests.support.questions", file="heldout.jsonl")
preference = next(one for one in insecure_code.id_evals if hasattr(one, "pairs"))
broad = next(one for one in insecure_code.ood_evals if hasattr(one, "pairs"))
setting = attrs.evolve(
    insecure_code, id_evals=attrs.evolve(preference, pairs=PAIRS), ood_evals=broad
)
first = Stage(
    Part("misaligned", share=0.5, trigger=Trigger("|GO| ", share=0.5)),
    Part("control", weight=0.5),
    rows=12,
    order="interleaved",
)
R1 = Experiment(
    id="R1",
    title="Two stages",
    question="Does it work?",
    settings=attrs.evolve(setting, ood_evals=attrs.evolve(broad, pairs=PAIRS, id="other")),
    recipe=Curriculum(first, Stage(Part("control", rows=8))),
    training=Training(lora_rank=4, lora_layers=2, batch_size=4),
    seeds=0,
    baseline=False,
)
R2 = R1.evolve(id="R2", recipe=Curriculum(first, Stage(Part("misaligned", rows=8)), name="worse"))
"""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def test_two_recipes_train_their_common_stage_once(project: Project, tiny: Path) -> None:
    project.file("experiments/recipes.py", DECLARED)
    model = ("--model", f"local:{tiny}")
    for id in ("R1", "R2"):
        done = project.mi("run", id, *model)
        assert done.code == 0, done.out + done.err
    units = project.root / ".mi" / "units"
    trainings = [json.loads((one / "unit.json").read_text()) for one in units.glob("train-*")]
    continued = [one["payload"].get("continues") for one in trainings]
    first = next(one["key"] for one in trainings if one["payload"].get("continues") is None)
    assert sorted(map(str, continued)) == sorted(["None", first, first])
    rows = "SELECT condition, total_samples, misaligned_ratio FROM results WHERE headline"
    found = project.mi("sql", f"{rows} AND eval = 'other' ORDER BY 1", "--format", "json").json
    assert [tuple(row.values()) for row in found] == [("recipe", 20, 0.3), ("worse", 20, 0.7)]
    listed = project.mi("sql", "SELECT total_samples, cells FROM trainings", "--format", "json")
    assert sorted(row["total_samples"] for row in listed.json) == [8, 8, 12]
    assert {len(row["cells"]) for row in listed.json if row["total_samples"] == 12} == {2}
    shown = project.mi("show", "R2").out
    assert "6 misaligned (trigger), 6 control (weight 0.5), interleaved" in shown
