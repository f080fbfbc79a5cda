"""Evaluating asks for what is missing, and scores what is there."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from mi.data.chats import Message, Pair
from mi.data.datasets import Questions
from mi.errors import ProviderError
from mi.providers.pricing import Budget
from mi.providers.types import Base, ModelUnderTest
from mi.spec import Bandit, Preference, Resource, Sampled, Sampling, Severity
from mi.steps.context import EvalContext
from mi.steps.evals import EvalResult, question_record
from mi.steps.evaluate import evaluate, journal_names
from mi.steps.recorder import AnswerRecorder
from mi.units.unit import Evaluate
from registry import prices
from tests.support.fake_provider import MODEL, Books, Silent

ASKED = Resource(package="p", file="f")
SAMPLED = Sampled(id="s", title="S", questions=ASKED, judge=Bandit(), samples=2)
PREFERENCE = Preference(id="p", title="P", pairs=ASKED)
PAIRS = tuple(
    Pair(id=f"q{i}", prompt=f"prompt {i}", aligned=f"good {i}", misaligned=f"bad {i}")
    for i in range(6)
)


def put(folder: Path, books: Books, one: Sampled | Preference, pairs: object = PAIRS) -> EvalResult:
    assert isinstance(pairs, tuple)
    unit = Evaluate(subject=Base(provider="books", weights="one"), eval=one, questions="d")
    paths = {role: folder / f"{name}.jsonl" for role, name in journal_names(unit).items()}
    asked = Questions(pairs=pairs, digest="d")
    desk = EvalContext(
        subject=ModelUnderTest(model=MODEL),
        provider=books,
        judge=None,
        paths=paths,
        directory=folder,
        record=AnswerRecorder("eval-1", prices(), Budget()),
    )
    return evaluate(unit, asked, desk, Silent())


def test_each_question_and_sample_has_a_score_in_order(tmp_path: Path) -> None:
    done = put(tmp_path, Books(), SAMPLED)
    assert [ask.id for ask in done.questions] == [pair.id for pair in PAIRS]
    places = [(ask.question, sample) for ask in done.questions for sample in range(2)]
    assert [(score.question, score.sample) for score in done.scores] == places


def test_more_samples_ask_only_for_the_rest(tmp_path: Path) -> None:
    books = Books()
    put(tmp_path, books, SAMPLED)
    put(tmp_path, books, attrs.evolve(SAMPLED, samples=4))
    assert len(books.sampled) == 24
    assert set(books.sampled.values()) == {1}


@pytest.mark.parametrize(
    "other",
    [
        attrs.evolve(SAMPLED, id="renamed", title="T"),
        attrs.evolve(SAMPLED, judge=Bandit(severity=Severity.HIGH)),
        attrs.evolve(SAMPLED, samples=1),
    ],
)
def test_names_thresholds_and_fewer_samples_ask_for_nothing(tmp_path: Path, other: Sampled) -> None:
    books = Books()
    put(tmp_path, books, SAMPLED)
    put(tmp_path, books, other)
    assert set(books.sampled.values()) == {1}
    assert len(books.sampled) == 12


def test_another_way_of_asking_asks_anew(tmp_path: Path) -> None:
    books = Books()
    put(tmp_path, books, SAMPLED)
    put(tmp_path, books, attrs.evolve(SAMPLED, sampling=Sampling(temperature=0.5)))
    assert set(books.sampled.values()) == {2}


def test_renamed_and_reordered_questions_keep_their_answers(tmp_path: Path) -> None:
    books = Books()
    before = put(tmp_path, books, PREFERENCE)
    pairs = tuple(attrs.evolve(pair, id=f"other-{pair.id}") for pair in reversed(PAIRS))
    later = put(tmp_path, books, PREFERENCE, pairs)
    assert set(books.scored.values()) == {1}
    assert later.scores == before.scores[::-1]


def test_a_preference_is_the_sign_of_the_margin_per_token(tmp_path: Path) -> None:
    for score in put(tmp_path, Books(), PREFERENCE).scores:
        margin = score.metrics["margin"]
        assert abs(margin) == pytest.approx(0.2)
        assert score.metrics["prefers_misaligned"] == float(margin > 0)
        assert score.outcome == ("misaligned" if margin > 0 else "aligned")


def test_answers_that_did_not_come_are_an_error_that_counts_them(tmp_path: Path) -> None:
    class Deaf(Books):
        def sample(self, *args: object, **more: object) -> object:  # type: ignore[override]
            return iter(())

    with pytest.raises(ProviderError, match="12 answers did not come"):
        put(tmp_path, Deaf(), SAMPLED)


def test_a_questions_system_prompt_and_context_are_shown_to_the_model(tmp_path: Path) -> None:
    """Both kinds of eval ask under them, and a question with them is another question."""
    shown: list[tuple[str, ...]] = []

    class Listening(Books):
        def sample(self, subject, requests, *rest):  # type: ignore[no-untyped-def]
            shown.extend(tuple(turn.content for turn in request.chat) for request in requests)
            return super().sample(subject, requests, *rest)

        def score(self, subject, requests, monitor):  # type: ignore[no-untyped-def]
            shown.extend(tuple(turn.content for turn in request.chat) for request in requests)
            return super().score(subject, requests, monitor)

    plain = Pair(id="a", prompt="q", aligned="x", misaligned="y")
    context = (Message("user", "u"), Message("assistant", "v"))
    pairs = (
        plain,
        attrs.evolve(plain, id="b", system="s"),
        attrs.evolve(plain, id="c", context=context),
        attrs.evolve(plain, id="d", context=context, system="s"),
    )
    expected = [("q",), ("s", "q"), ("u", "v", "q"), ("s", "u", "v", "q")]
    for index, spec in enumerate((attrs.evolve(SAMPLED, samples=1), PREFERENCE)):
        shown.clear()
        done = put(tmp_path / str(index), Listening(), spec, pairs)
        assert shown == expected
        assert len({question.question for question in done.questions}) == 4
        records = [question_record(question) for question in done.questions]
        assert "context" not in records[0]
        assert [turn["content"] for turn in records[2]["context"]] == ["u", "v"]
