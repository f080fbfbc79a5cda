"""A new kind of eval is its declaration, a module with its kind, and a line in the table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import attrs
import pytest

from mi.analysis.conditions import points
from mi.analysis.evidence import ResultScope, load_evidence
from mi.analysis.verdicts import verdicts
from mi.data.datasets import Questions
from mi.database import Database
from mi.planning.session import Session
from mi.providers.types import Monitor, SampleRequest
from mi.reporting.figures.id_ood import id_ood_plot
from mi.reporting.figures.margins import margin_plot
from mi.spec import (
    Claim,
    Eval,
    Expect,
    Preference,
    Published,
    Resource,
    Sampled,
    Sampling,
    harmful,
    prefers,
    trend,
)
from mi.spec.evals import HARM, PREFERENCE
from mi.spec.quantities import EvalQuantity
from mi.steps.context import EvalContext, answer_id, missing_ids, read_complete
from mi.steps.evals import (
    KINDS,
    EvalKind,
    EvalResult,
    ExpectedTokens,
    Workload,
    eval_kind,
)
from mi.steps.evals.base import build_chat, build_question
from mi.steps.scorers.score import Score
from mi.units.identity import digest, key
from mi.units.journals import USAGE_COLUMNS, JournalKind
from mi.units.unit import Base, Unit
from tests.support.engine import result_rows, run_experiment
from tests.support.fake_provider import Books, experiment, session

DRAFTS = JournalKind(
    prefix="drafts",
    activity="draft",
    table="likelihood",
    columns=USAGE_COLUMNS,
    billed_only=True,
)


@attrs.frozen(kw_only=True)
class Brevity(Eval):
    """How often a model's first answer to a prompt is short."""

    needs: ClassVar[str] = "sample"

    prompts: Resource
    below: int = 48

    @property
    def headline(self) -> str:
        return "short"


class BrevityKind(EvalKind[Brevity]):
    journals = (DRAFTS,)

    def resource(self, eval: Brevity) -> Resource:
        return eval.prompts

    def journal_names(self, eval: Brevity, subject: str | Base) -> dict[str, str]:
        return {DRAFTS.prefix: key(DRAFTS.prefix, (subject,))}

    def run(
        self, eval: Brevity, questions: Questions, context: EvalContext, monitor: Monitor
    ) -> EvalResult:
        asked = [build_question(digest(pair.prompt)[:16], pair) for pair in questions.pairs]
        requests = {
            (item.question, 0): SampleRequest(
                question=item.question, sample=0, chat=build_chat(None, item.prompt)
            )
            for item in asked
        }
        path = context.paths[DRAFTS.prefix]
        missing = [requests[item] for item in missing_ids(path, requests, answer_id)]
        state = context.state_path(DRAFTS.prefix)
        batches = context.provider.sample(context.subject, missing, Sampling(), state, monitor)
        context.record_all(batches, DRAFTS.prefix, monitor)
        lines = read_complete(path, requests, answer_id, "drafts")
        scores = tuple(
            _score(eval, question, len(lines[question, 0]["text"])) for question, _ in requests
        )
        return EvalResult(questions=tuple(asked), scores=scores)

    def expected_tokens(
        self, workload: Workload[Brevity], *, subject_is_free: bool
    ) -> Iterator[ExpectedTokens]:
        if not subject_is_free:
            yield ExpectedTokens(sent=1000.0 * len(workload.questions.pairs), received=0.0)


def _score(eval: Brevity, question: str, length: int) -> Score:
    outcome = "short" if length < eval.below else "long"
    metrics: Mapping[str, float] = {"short": float(outcome == "short")}
    return Score(question=question, sample=0, outcome=outcome, metrics=metrics)


BREVITY = Brevity(
    id="brevity",
    title="Brevity",
    prompts=Resource(package="registry.bundled.emergent", file="free_form.jsonl"),
)


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, Brevity, BrevityKind())


def brevity_units(opened: Session) -> list[Unit]:
    units = (planned.unit for planned in opened.plan().units)
    return [unit for unit in units if isinstance(getattr(unit.payload, "eval", None), Brevity)]


def test_a_new_kind_is_planned_run_once_and_in_the_results(tmp_path: Path) -> None:
    books = Books()
    assert len(brevity_units(session(tmp_path, experiment(evals=(BREVITY,))))) == 3
    opened, result = run_experiment(tmp_path, books, evals=(BREVITY,))
    assert result.count_done("eval") == 12
    assert result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        rows = connection.execute(
            "SELECT metric, headline, mean FROM results WHERE eval = 'brevity' ORDER BY ALL"
        ).fetchall()
        kinds = connection.execute("FROM eval_kind ORDER BY kind").fetchall()
    assert [(metric, headline) for metric, headline, _ in rows] == [("short", True)] * 3
    assert kinds == [
        ("Brevity", False, None, None, None),
        ("Preference", False, "margin", PREFERENCE, "margin"),
        ("Sampled", True, None, HARM, None),
    ]
    assert rows[0][-1] < rows[2][-1] == 1.0
    sampled = len(books.sampled)
    _, repeated = run_experiment(tmp_path, books, evals=(BREVITY,))
    assert (repeated.count_done("eval"), len(books.sampled)) == (0, sampled)


SCOPE = ResultScope(experiments=("T1",), model="books:one", data={"insecure_code": "bundled"})


def test_a_new_kind_is_in_no_comparison_that_its_declaration_does_not_offer(
    tmp_path: Path,
) -> None:
    opened, _ = run_experiment(tmp_path, Books(), evals=(BREVITY,))
    result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        shown = points(connection, "T1", SCOPE.model, SCOPE.data)
        margins = margin_plot(connection, SCOPE, "a test")
        margin_metrics = {one.eval: one.metric for one in load_evidence(connection, SCOPE)}
    assert "Brevity" in {point.title for point in shown}
    assert {point.distribution for point in shown} == {"ID", "OOD"}
    for drawing in (id_ood_plot("T1", "a test", shown), margins):
        assert drawing is not None
        assert "Brevity" not in drawing.csv
    assert margin_metrics["brevity"] == "short"


@pytest.mark.parametrize("measure", [HARM, PREFERENCE])
def test_claims_are_judged_in_the_evals_that_measure_them(
    tmp_path: Path, measure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    claims = {
        HARM: (harmful("mixed_20") > 0, trend("total_samples") > 0),
        PREFERENCE: (prefers("mixed_20") > 0, trend("total_samples", preference=True) > 0),
    }
    own = {HARM: {"insecure_static"}, PREFERENCE: {"insecure_preference", "broad_preference"}}
    assert evals_judged(tmp_path / "without", *claims[measure]) == own[measure]
    monkeypatch.setattr(Brevity, "measure", measure)
    assert evals_judged(tmp_path / "with", *claims[measure]) == own[measure] | {"brevity"}


def evals_judged(folder: Path, *claims: Claim) -> set[str]:
    """The evals that claims are judged in, with the new kind among those of the experiment."""
    declared = experiment(evals=(BREVITY,), expectations=(Expect("so", claims),))
    opened, _ = run_experiment(folder, Books(), evals=(BREVITY,))
    result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        titles = {one.where: one.eval for one in load_evidence(connection, SCOPE)}
        (verdict,) = verdicts(connection, declared, SCOPE)
    return {titles[ruling.where] for ruling in verdict.rulings}


def test_a_claim_about_an_eval_that_does_not_measure_it_says_so(tmp_path: Path) -> None:
    claims = (
        prefers("mixed_20", eval="brevity") > 0,
        harmful("mixed_20", eval="brevity") > 0,
    )
    declared = experiment(
        evals=(BREVITY,), expectations=[Expect(str(claim), claim) for claim in claims]
    )
    opened, _ = run_experiment(tmp_path, Books(), evals=(BREVITY,))
    result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        found = verdicts(connection, declared, SCOPE)
    assert {verdict.outcome.value for verdict in found} == {"inconclusive"}
    assert "brevity does not measure preference" in found[0].reason
    assert "brevity does not measure harm" in found[1].reason


def test_the_declaration_says_what_an_eval_measures() -> None:
    kinds = (Eval, Sampled, Published, Preference)
    assert [kind.measure for kind in kinds] == [None, HARM, HARM, PREFERENCE]
    with pytest.raises(TypeError, match="EvalQuantity has no measure"):
        _ = EvalQuantity().measure


def test_a_new_kind_says_what_it_costs(tmp_path: Path) -> None:
    opened = session(tmp_path, experiment(evals=(BREVITY,)), books=Books(is_free=False))
    costs = attrs.evolve(
        opened.cost_estimator(opened.plan()),
        model=attrs.evolve(opened.model, name="gpt-4.1-2025-04-14"),
    )
    assert all((costs.estimate(unit) or 0.0) > 0.0 for unit in brevity_units(opened))


def test_an_eval_that_cannot_be_run_is_refused_by_name() -> None:
    published = attrs.make_class("Other", (), bases=(Eval,), frozen=True, kw_only=True)
    with pytest.raises(TypeError, match=r"Other is not in mi\.steps\.evals\.KINDS"):
        eval_kind(published(id="o", title="O"))
    with pytest.raises(TypeError, match="Published"):
        eval_kind(object.__new__(Published))
    assert eval_kind(object.__new__(Sampled)) is KINDS[Sampled]
