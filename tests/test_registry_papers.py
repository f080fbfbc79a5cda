"""Published studies: each can be planned as it is declared, and runs at toy size."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.collect.collection import Collection
from mi.collect.discovery import public_modules
from mi.spec import Curriculum, Experiment, Generated, Part, Preference, Resource, Setting, Stage
from mi.units.cells import cells
from mi.units.unit import Train
from tests.support.fake_provider import carry_out, session
from tests.support.project import Project
from tests.support.staged import Staged
from tests.support.tiny_model import make_tiny_model

PAPERS = public_modules(Path(__file__).parent.parent / "experiments" / "papers")
ROWS = 8
"""Rows of a stage at toy size."""
PAIRS = Resource(package="tests.support.questions", file="heldout.jsonl")
TOY = """
from pathlib import Path
from tests.test_registry_papers import toys
globals().update(toys(Path("{file}")))
"""


def declared(file: Path) -> list[Experiment]:
    collection = Collection()
    collection.add([file])
    return list(collection.all().values())


def _toy_part(part: Part) -> Part:
    source = part.source
    if isinstance(source, Generated):
        short = attrs.evolve(source.sampling, max_tokens=8)
        source = attrs.evolve(source, questions=PAIRS, sampling=short, samples=2)
    return attrs.evolve(part, source=source, rows=None if part.rows is None else ROWS)


def _toy_stage(stage: Stage) -> Stage:
    rows = None if stage.rows is None else 2 * ROWS
    training = attrs.evolve(stage.training, epochs=1)
    parts = tuple(map(_toy_part, stage.parts))
    return attrs.evolve(stage, parts=parts, rows=rows, training=training)


def _toy_evals(evals: Any) -> tuple[Any, ...]:
    """The evals that nobody is paid for, on two dozen pairs."""
    return tuple(attrs.evolve(one, pairs=PAIRS) for one in evals if isinstance(one, Preference))


def _toy_setting(setting: Setting) -> Setting:
    return attrs.evolve(
        setting, id_evals=_toy_evals(setting.id_evals), ood_evals=_toy_evals(setting.ood_evals)
    )


def toy(experiment: Experiment, *, checkpoints: bool = True) -> Experiment:
    """The same study on a few rows, with one seed."""
    training = {"epochs": 1, "batch_size": 4, "lora_rank": 2}
    changes: dict[str, Any] = {
        "settings": _toy_setting(experiment.settings[0]),
        "training": attrs.evolve(experiment.training, **training),
        "seeds": 0,
        "pilot": None,
        "evals": _toy_evals(experiment.evals),
        "checkpoints": (0.5, 1.0) if checkpoints and experiment.checkpoints else None,
    }
    if experiment.recipe is None:
        changes["total_samples"] = 2 * ROWS
    else:
        stages = map(_toy_stage, experiment.recipe.stages)
        changes["recipe"] = Curriculum(*stages, name=experiment.recipe.name)
    return experiment.evolve(**changes)


def test_there_are_twelve() -> None:
    assert len(PAPERS) == 12


@pytest.mark.parametrize("file", PAPERS, ids=lambda file: file.stem)
def test_a_paper_states_its_source_and_what_differs(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for word in ("\nSource. ", "\nSame. ", "\nDiffers. "):
        assert word in text
    declaration = text.rpartition('"""\n\n')[2]
    code = [line for line in declaration.splitlines() if line.strip()]
    assert len([line for line in code if not line.startswith(("import", "from"))]) <= 50


@pytest.mark.parametrize("file", PAPERS, ids=lambda file: file.stem)
def test_a_paper_is_done_at_toy_size(file: Path, tmp_path: Path) -> None:
    small = [toy(one, checkpoints=False) for one in declared(file)]
    opened = session(tmp_path, *small, books=Staged())
    assert not carry_out(opened).failures
    trainings = [one for one in opened.plan().units if isinstance(one.unit.payload, Train)]
    assert trainings
    assert not opened.plan().todo


def test_all_papers_are_planned_at_full_size_in_one_plan(project: Project, tmp_path: Path) -> None:
    tiny = make_tiny_model(tmp_path / "tiny")
    done = project.mi("plan", str(PAPERS[0].parent), "--json", "--model", f"local:{tiny}")
    assert done.code == 0, done.err
    planned = {cell["id"] for cell in done.json["cells"]}
    whole = [one for file in PAPERS for one in declared(file)]
    assert planned == {cell.id for one in whole for cell in cells(one, full=False)}


def test_a_hosted_provider_prices_a_paper_or_refuses_it_by_name(project: Project) -> None:
    model = ("--model", "openai:gpt-4.1-mini", "--json")
    folder = PAPERS[0].parent
    done = project.mi("plan", str(folder / "betley2025_emergent_misalignment.py"), *model)
    assert done.code == 0, done.err
    trainings = [one for one in done.json["units"] if one["kind"] == "train"]
    assert all(one["cost_usd"] > 0 for one in trainings)
    refused = project.mi("plan", str(folder / "turner2025_model_organisms.py"), *model)
    assert refused.code == 4
    assert "lora_" in refused.err


def test_a_folder_stands_for_the_experiments_of_its_files(project: Project) -> None:
    for id in ("P1", "P2"):
        project.file(
            f"experiments/papers/{id.lower()}.py",
            "import registry\n"
            f"{id} = registry.get('A05a').evolve(id='{id}', total_samples=10, pilot=None)\n",
        )
    done = project.mi("plan", "experiments/papers", "--json")
    assert done.code == 0, done.err
    assert {cell["experiment"] for cell in done.json["cells"]} == {"P1", "P2"}
    assert "P1" not in project.mi("list").out


@pytest.mark.slow
@pytest.mark.parametrize("file", PAPERS, ids=lambda file: file.stem)
def test_a_paper_runs_on_real_weights(file: Path, project: Project, tmp_path: Path) -> None:
    tiny = make_tiny_model(tmp_path / "tiny")
    project.file("experiments/toy.py", TOY.format(file=file))
    done = project.mi("run", "experiments/toy.py", "--model", f"local:{tiny}")
    assert done.code == 0, done.out + done.err
    counts = {one.id: len(list(cells(toy(one)))) for one in declared(file)}
    query = "SELECT experiment, count(DISTINCT cell) AS n FROM results GROUP BY ALL"
    found = project.mi("sql", query, "--format", "json").json
    assert {row["experiment"]: row["n"] for row in found} == counts


def toys(file: Path) -> dict[str, Experiment]:
    """The experiments of a paper at toy size, by names fit for a module."""
    return {f"toy_{index}": toy(one) for index, one in enumerate(declared(file))}
