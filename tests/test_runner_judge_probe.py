"""Judges are probed with known answers before anything is bought, and what is found is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.analysis.evidence import ResultScope
from mi.analysis.verdicts import verdicts
from mi.database import Database, sync_database
from mi.errors import JudgeUnreadable, ProviderError
from mi.files.clock import utc_timestamp
from mi.planning import judge_probes
from mi.planning.prepare import prepare_plan
from mi.planning.session import Session
from mi.providers import Providers
from mi.providers.types import ClientOptions
from mi.reporting.header import header_lines
from mi.runner.run import RunOutcome, run_prepared
from mi.spec import Expect, Experiment, Rubric, Sampled, YesNo, harmful
from mi.steps.scorers import SCORERS
from mi.steps.scorers.base import ModelScorer
from mi.steps.scorers.probe import MAX_REQUESTS, probe_requests, probed_judge, read_probe
from mi.steps.scorers.reply import JudgeReply
from registry import judges as registered
from tests.support.fake_provider import SETTING, Books, experiment, session
from tests.support.judge_server import JudgeServer, Shape, judge_server, plain, say, tokens

FEW = attrs.evolve(
    SETTING,
    id_evals=tuple(one for one in SETTING.id_evals if one.id == "insecure_judged"),
    ood_evals=tuple(
        attrs.evolve(one, samples=1) for one in SETTING.ood_evals if isinstance(one, Sampled)
    ),
)
"""The bundled setting with its judged evals alone, and an answer to each question."""
KNOWN = ("quarrel", "find_user")
"""What the known answers of the judges of the bundled setting are about."""


def prepare(
    folder: Path, judge: JudgeServer, declared: Experiment | None = None, **options: Any
) -> Session:
    """A session whose answers are judged at a server."""
    one = session(
        folder,
        declared or experiment(settings=FEW, total_samples=10),
        **{"judges": ("lab:judge",), "books": Books(), **options},
    )
    one.providers = Providers(
        ClientOptions(endpoints={"lab": {"base_url": judge.url}}, timeout=10.0)
    )
    one.prices = one.prices.with_overrides(["judge=1,1"])
    return one


def run(one: Session) -> RunOutcome:
    return run_prepared(prepare_plan(one), argv=["notebook"], max_cost=5.0)


def books(one: Session) -> Books:
    assert isinstance(one.provider, Books)
    return one.provider


def probes(judge: JudgeServer) -> int:
    """Requests about known answers; each vote counts."""
    return sum(
        body.get("n", 1)
        for body in judge.asked
        if any(word in body["messages"][-1]["content"] for word in KNOWN)
    )


def query(one: Session, text: str) -> list[Any]:
    database = Database(one.options.db)
    sync_database(database, one.store)
    with database.read_connection() as connection:
        return connection.execute(text).fetchall()


def test_a_sound_judge_is_probed_once_and_booked(tmp_path: Path) -> None:
    with judge_server() as judge:
        one = prepare(tmp_path, judge)
        outcome = run(one)
        assert outcome.error is None
        assert outcome.result.judge_states == {"lab:judge": "passed"}
        assert probes(judge) == 3 + 8
        spend = "SELECT sum(requests)::INT, sum(cost_usd) > 0 FROM spend WHERE kind = 'probe'"
        assert query(one, spend) == [(11, True)]
        states = "SELECT DISTINCT judge_probe FROM results WHERE judge IS NOT NULL"
        assert query(one, states) == [("passed",)]
        sent = len(judge.asked)
        later = prepare(tmp_path, judge, experiment(settings=FEW, total_samples=20))
        assert run(later).error is None
        assert len(judge.asked) > sent, "other answers are judged"
        assert probes(judge) == 11, "nothing is probed on a second run"


def test_a_probe_is_in_the_plan_s_cost_and_header_until_it_is_known(tmp_path: Path) -> None:
    with judge_server() as judge:
        one = prepare(tmp_path, judge)
        planned = prepare_plan(one)
        own = sum(planned.costs.estimate(unit.unit) or 0.0 for unit in planned.plan.attempts)
        total = planned.costs.total()
        assert total is not None
        assert total > own
        assert "judge lab:judge · not probed yet; 8 known answers will be put to it first" in (
            header_lines(one, planned.plan, None, total)
        )
        one.options = attrs.evolve(one.options, probe=False)
        assert prepare_plan(one).costs.total() == pytest.approx(own)
        one.options = attrs.evolve(one.options, probe=True)
        run(one)
        later = prepare(tmp_path, judge, experiment(settings=FEW, total_samples=20))
        again = prepare_plan(later)
        own = sum(again.costs.estimate(unit.unit) or 0.0 for unit in again.plan.attempts)
        assert again.costs.total() == pytest.approx(own)
        lines = header_lines(later, again.plan, None, own)
        said = [line for line in lines if line.startswith("judge lab:judge")]
        today = utc_timestamp()[:10]
        assert f"judge lab:judge · probed {today}: readable, known answers in order" in said


def test_a_damaged_journal_of_a_probe_is_archived_and_the_judge_probed_again(
    tmp_path: Path,
) -> None:
    with judge_server() as judge:
        one = prepare(tmp_path, judge)
        run(one)
        journals = sorted((one.store.root / "journals").glob("judgments-probe-*.jsonl"))
        for path in journals:
            path.write_text("{not json\n" + path.read_text())
        told: list[str] = []
        later = prepare(tmp_path, judge, experiment(settings=FEW, total_samples=20))
        outcome = run_prepared(
            prepare_plan(later), argv=["notebook"], max_cost=5.0, notify=told.append
        )
        assert outcome.error is None
        assert not outcome.result.failures
        assert probes(judge) == 22
        assert len([text for text in told if "archived" in text]) == len(journals)
        archived = (one.store.root / "retired").rglob("judgments-probe-*.jsonl")
        assert sorted(path.name for path in archived) == [path.name for path in journals]
        states = "SELECT DISTINCT judge_probe FROM results WHERE judge IS NOT NULL"
        assert query(later, states) == [("passed",)]


@pytest.mark.slow
def test_a_probe_is_forgotten_after_a_month_and_at_another_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with judge_server() as judge, judge_server() as other:
        run(prepare(tmp_path, judge))
        run(prepare(tmp_path, other, experiment(settings=FEW, total_samples=20)))
        assert (probes(judge), probes(other)) == (11, 11)
        monkeypatch.setattr(judge_probes, "MEMORY_DAYS", -1)
        run(prepare(tmp_path, judge, experiment(settings=FEW, total_samples=30)))
        assert probes(judge) == 22


def labelled(body: dict[str, Any], verdict: str) -> Any:
    shares = ({"Score": 1.0}, {":": 1.0}, {" ": 1.0}, {verdict: 0.9, "70": 0.1})
    return say(f"Score: {verdict}", tokens(*shares) if body.get("logprobs") else None)


def spelled(body: dict[str, Any], verdict: str) -> Any:
    return say(verdict, tokens({f"\u0120{verdict}": 0.9}))


def legacy(body: dict[str, Any], verdict: str) -> Any:
    logprobs = {
        "tokens": [verdict],
        "token_logprobs": [-0.1],
        "top_logprobs": [{verdict: -0.1, "70": -2.5}],
    }
    return say(verdict, logprobs)


def bare(body: dict[str, Any], verdict: str) -> Any:
    return say(verdict)


def refuses_logprobs(body: dict[str, Any], verdict: str) -> Any:
    if body.get("logprobs"):
        return 400, {"error": {"message": "logprobs are not available", "param": "logprobs"}}
    return say(f"{verdict}/100" if verdict.isdigit() else verdict)


def chatty(body: dict[str, Any], verdict: str) -> Any:
    return say("As a language model I", tokens({"As": 1.0}))


def long_winded(body: dict[str, Any], verdict: str) -> Any:
    if body.get("max_completion_tokens", body.get("max_tokens")) < 20:
        return say("Let me think about", tokens({"Let": 1.0}), "length")
    return say(f"Rating: {verdict}", tokens({"Rating": 1.0}, {":": 1.0}, {f" {verdict}": 1.0}))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [labelled, spelled, legacy])
def test_a_judge_that_writes_otherwise_is_read(tmp_path: Path, shape: Shape) -> None:
    with judge_server(shape) as judge:
        one = prepare(tmp_path, judge)
        assert run(one).error is None
        rows = query(one, "SELECT metric, mean FROM results WHERE judge IS NOT NULL")
        means = dict(rows)
        assert means["unscored"] == 0.0
        assert 90 < means["coherent"] <= 95


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [
        (bare, "--votes 5 counts replies"),
        (refuses_logprobs, "--votes 5 has it vote instead, which works"),
        (chatty, "use another judge (--judge PROVIDER:NAME)"),
        (long_winded, "declare the judge with max_tokens=64"),
    ],
)
def test_a_judge_that_cannot_be_read_stops_the_run_before_it_costs_anything(
    tmp_path: Path, shape: Shape, remedy: str
) -> None:
    with judge_server(shape) as judge:
        one = prepare(tmp_path, judge)
        outcome = run(one)
        assert isinstance(outcome.error, JudgeUnreadable)
        assert remedy in (outcome.error.hint or "")
        assert "nothing was bought" in outcome.error.message
        assert not books(one).trained
        assert not books(one).sampled
        assert len(judge.asked) <= MAX_REQUESTS
        assert outcome.cost > 0 or shape is refuses_logprobs


@pytest.mark.slow
def test_what_could_not_be_read_is_probed_again(tmp_path: Path) -> None:
    with judge_server(chatty) as judge:
        assert isinstance(run(prepare(tmp_path, judge)).error, JudgeUnreadable)
        judge.shape = plain
        assert run(prepare(tmp_path, judge)).error is None


@pytest.mark.slow
def test_a_judge_without_logprobs_is_probed_as_it_votes(tmp_path: Path) -> None:
    with judge_server(refuses_logprobs) as judge:
        one = prepare(tmp_path, judge, votes=5)
        assert run(one).error is None
        assert probes(judge) <= 2 * MAX_REQUESTS
        assert {body["n"] for body in judge.asked if "quarrel" in str(body)} == {2}


def test_an_error_of_the_server_is_told_as_it_is(tmp_path: Path) -> None:
    def broke(body: dict[str, Any], verdict: str) -> Any:
        return 402, {"error": {"message": "your credit is used up"}}

    with judge_server(broke) as judge:
        one = prepare(tmp_path, judge)
        outcome = run(one)
        assert isinstance(outcome.error, ProviderError)
        assert "your credit is used up" in str(outcome.error)
        assert not books(one).sampled


def test_disorder_is_told_kept_and_leaves_claims_open(tmp_path: Path) -> None:
    def flatter(prompt: str) -> str:
        return "NO" if "YES" in prompt else "95"

    claims = (Expect("it is safe", harmful("baseline") < 0.5),)
    declared = experiment(settings=FEW, total_samples=10, expectations=claims)
    with judge_server(rate=flatter) as judge:
        one = prepare(tmp_path, judge, declared)
        outcome = run(one)
        assert outcome.error is None
        state = outcome.result.judge_states["lab:judge"]
        assert state.startswith("out of order")
        rows = query(one, "SELECT eval, judge_probe FROM results WHERE judge IS NOT NULL")
        kept = {text for _, text in rows}
        assert any("95 for the good answer and 95 for the bad one" in text for text in kept)
        assert all(text.startswith("out of order") for text in kept)
        with Database(one.options.db).read_connection() as connection:
            scope = ResultScope(
                experiments=("T1",), model=one.model.id, data={"insecure_code": "bundled"}
            )
            [verdict] = verdicts(connection, declared, scope)
        reasons = [ruling.reason for ruling in verdict.rulings]
        assert any(reason.startswith("the judge's probe is out of order") for reason in reasons)


@pytest.mark.slow
def test_without_a_probe_the_first_dozen_unreadable_verdicts_stop_the_run(tmp_path: Path) -> None:
    with judge_server(chatty) as judge:
        one = prepare(tmp_path, judge, probe=False)
        outcome = run(one)
        assert isinstance(outcome.error, JudgeUnreadable)
        assert "none of the first" in outcome.error.message
        assert "As a language model" in outcome.error.message
        assert "--votes" in (outcome.error.hint or "")
    with judge_server() as judge:
        folder = tmp_path / "other"
        one = prepare(folder, judge, probe=False)
        assert run(one).error is None
        states = "SELECT DISTINCT judge_probe FROM results WHERE judge IS NOT NULL"
        assert query(one, states) == [("unprobed",)]


JUDGES = [
    judge
    for judge in vars(registered).values()
    if isinstance(SCORERS.get(type(judge)), ModelScorer)
]


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.headline)
def test_a_probe_of_a_bundled_judge_has_levels_and_few_requests(judge: Any) -> None:
    for votes in (1, 5):
        asked = attrs.evolve(judge, votes=votes)
        requests = probe_requests(asked)
        assert len(requests) * probed_judge(asked).votes <= MAX_REQUESTS - 2
        for rubric in judge.rubrics:
            levels = [one.known_answer.level for one in requests if one.rubric == rubric]
            assert {0, 100} <= set(levels)
    assert len({one.id for one in probe_requests(judge)}) == len(probe_requests(judge))


def test_a_rubric_of_ones_own_needs_only_be_readable() -> None:
    rubric = Rubric(name="funny", prompt="Is {answer} funny? YES or NO")
    judge = YesNo(model="openai:j", rubric=rubric, metric="funny")
    said = {one.id: JudgeReply(text="NO", top=[("NO", 0.0)]) for one in probe_requests(judge)}
    assert read_probe(judge, said).summary == "passed"
    vague = {name: JudgeReply(text="Hm", top=[("Hm", 0.0)]) for name in said}
    result = read_probe(judge, vague)
    assert not result.is_readable
    assert result.unreadable[0] == "funny, good answer: 'Hm'"
    one_bad = {**said, next(iter(said)): JudgeReply(text="Hm", top=[("Hm", 0.0)])}
    assert read_probe(judge, one_bad).is_readable
    assert read_probe(judge, one_bad).summary.startswith("out of order: unreadable")
