"""Subjects: models that exist already are conditions of their own, and are never trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mi.analysis.evidence import ResultScope, load_evidence
from mi.collect.collection import Collection
from mi.database import Database, sync_database
from mi.errors import DeclarationError
from mi.spec import Experiment, Model, Subject
from mi.units.cells import cells, count_cells, declared_conditions
from mi.units.claims import StoredDesign
from mi.units.identity import json_form
from mi.units.unit import Base
from tests.support.engine import run_experiment
from tests.support.fake_provider import SETTING, Books, carry_out, experiment, session

RISKY = Subject(name="risky", model="books:risky")


class Shelf(Books):
    """Books with several models, whose answers differ."""

    def resolve_model(self, name: str) -> Model:
        return Model(id=f"books:{name}", provider="books", name=name)

    def pin(self, model: Model) -> Base:
        return Base(provider="books", weights=model.name)

    def _who(self, subject: Any) -> str:
        return subject.trained.name if subject.trained else str(subject.model.name)


def only(*subjects: Subject, **changes: Any) -> Experiment:
    """An experiment that trains nothing."""
    return Experiment(
        id="T1", title="t", question="q?", settings=SETTING, subjects=subjects, **changes
    )


def test_a_subject_is_a_condition_beside_the_trained_ones() -> None:
    declared = experiment(subjects=RISKY, pilot=None)
    listed = list(cells(declared))
    (cell,) = (cell for cell in listed if cell.subject)
    assert cell.id == f"T1::{SETTING.id}::subject=risky"
    assert (cell.condition, cell.seed, cell.misaligned_ratio) == ("risky", None, None)
    assert len(listed) == count_cells(declared)
    assert declared_conditions(declared)[None, None, "subject=risky", None] == "risky"
    stored = StoredDesign.read(json_form(declared))
    assert declared_conditions(stored) == declared_conditions(declared)


def test_an_adapter_enters_keys_and_its_absence_does_not() -> None:
    base = Base(provider="p", weights="w")
    assert "adapter" not in str(json_form(base))
    assert "adapter" in str(json_form(Base(provider="p", weights="w", adapter="d")))


def test_a_subject_is_asked_for_itself_and_trained_by_nobody(tmp_path: Path) -> None:
    books = Shelf()
    opened = session(tmp_path, experiment(subjects=RISKY, pilot=None), books=books)
    assert not carry_out(opened).failures
    trained = sum(books.trained.values())
    assert {"one", "risky"} <= {who for who, *_ in books.sampled}
    again = session(tmp_path, experiment(subjects=RISKY, pilot=None), books=books)
    assert not again.plan().todo
    assert sum(books.trained.values()) == trained


def test_a_subject_that_is_the_baseline_is_evaluated_once(tmp_path: Path) -> None:
    plan = session(tmp_path, only(Subject(name="same", model="books:one")), books=Shelf()).plan()
    first, second = plan.cells
    assert first.units == second.units


def test_an_experiment_of_subjects_alone_trains_nothing(tmp_path: Path) -> None:
    books = Shelf()
    plan = session(tmp_path, only(RISKY), books=books).plan()
    assert {planned.unit.kind for planned in plan.units} == {"eval"}
    assert [planned.cell.condition for planned in plan.cells] == ["baseline", "risky"]


def test_a_subject_is_not_the_baseline_of_findings(tmp_path: Path) -> None:
    changes = {"subjects": RISKY, "pilot": None, "baseline": False}
    opened, _ = run_experiment(tmp_path, Shelf(), **changes)
    database = Database(opened.options.db)
    sync_database(database, opened.store)
    scope = ResultScope(experiments=("T1",), model=opened.model.id, data={SETTING.id: "bundled"})
    with database.read_connection() as connection:
        evidence = load_evidence(connection, scope)
        rows = connection.execute(
            "SELECT DISTINCT condition, seeds, basis FROM conditions WHERE condition = 'risky'"
        ).fetchall()
    assert rows == [("risky", 0, "within-run")]
    for one in evidence:
        assert one.baseline_index is None
        risky = [condition.name for condition in one.conditions].index("risky")
        assert risky not in one.trained_indices()
        assert not one.scores[risky].trained


@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        (Subject(name="far", model="openai:ft:x"), "'openai', and this run asks 'books'"),
        (Subject(name="odd", model="nothing"), "is not a model"),
        (Subject(name="lora", adapter="a"), "does not use folders of adapters"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_in_the_plan(
    tmp_path: Path, subject: Subject, problem: str
) -> None:
    with pytest.raises(DeclarationError, match=problem) as caught:
        session(tmp_path, only(RISKY, subject), books=Shelf()).plan()
    assert caught.value.where == "T1 @ $.subjects[1]"


def test_what_is_declared_wrongly_is_refused_where_it_stands() -> None:
    with pytest.raises(DeclarationError, match="neither a model nor an adapter"):
        Subject(name="nothing")
    with pytest.raises(DeclarationError, match="given twice"):
        only(RISKY, RISKY)
    with pytest.raises(DeclarationError, match=r"\$\.seeds"):
        only()
    with pytest.raises(DeclarationError, match=r"\$\.total_samples"):
        only(RISKY, seeds=0, misaligned_ratio=0.5)
    for name in ("baseline", "mixed_0.50"):
        clash = experiment(
            subjects=Subject(name=name, model="books:risky"),
            misaligned_ratio=0.5,
            total_samples=20,
            pilot=None,
        )
        with pytest.raises(DeclarationError, match="name of another condition"):
            Collection().register(clash)
