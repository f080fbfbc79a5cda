"""Probing a judge: its replies to known answers must be readable, and should be in order.

A judge whose replies cannot be read leaves every answer unscored, and all of them are paid for. So
it is asked about answers whose verdicts are known, at most `MAX_REQUESTS` times, before answers are
bought. A judge that can be read but puts the answers in another order may be sound, with a rubric
that the known answers do not fit: that is told and kept with the verdicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from ...providers.types import GradeRequest
from ...spec import KnownAnswer, ModelJudge, Rubric
from ...units.identity import canonical, digest
from . import find_scorer
from .base import ModelScorer
from .reply import JudgeReply, Rating

MAX_REQUESTS = 12
"""Requests that a probe of a judge may send, those for a diagnosis included."""
_VOTES = 2
"""Votes of a probed judge that votes: enough to read them as votes."""
_TOLERANCE = 10.0
"""How far the rating of an answer of middling level may lie outside the range of the others."""
_ID_DIGITS = 16
_MAX_SHOWN = 60
"""Characters of a reply that are shown."""


@attrs.frozen(kw_only=True)
class ProbeRequest:
    """A known answer put to a judge.

    Args:
        rubric: What is asked about it.
        known_answer: The answer.
    """

    rubric: Rubric
    known_answer: KnownAnswer

    @property
    def id(self) -> str:
        """A digest of what is asked."""
        text = canonical((self.rubric, self.known_answer.question, self.known_answer.answer))
        return digest(text)[:_ID_DIGITS]

    def to_grade_request(self, sample: int) -> GradeRequest:
        """The request as a provider takes it.

        Args:
            sample: A number that tells the probe from others.
        """
        prompt = self.rubric.render(self.known_answer.question, self.known_answer.answer)
        return GradeRequest(question=self.id, sample=sample, prompt=prompt)


@attrs.frozen(kw_only=True)
class JudgeProbeResult:
    """What a probe found.

    Args:
        unreadable: Replies that cannot be read, as `rubric, answer: 'reply'`.
        is_readable: Whether enough of each rubric's replies can be read.
        disorder: What is out of order, a sentence's end for each rubric; empty: nothing.
    """

    unreadable: tuple[str, ...]
    is_readable: bool
    disorder: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The result as it is kept with a unit: `passed`, or what is wrong."""
        if not self.is_readable:
            return f"unreadable: {'; '.join(self.unreadable)}"
        problems = (*self.disorder, *(f"unreadable: {said}" for said in self.unreadable))
        return f"out of order: {'; '.join(problems)}" if problems else PASSED


PASSED, UNPROBED = "passed", "unprobed"


def probed_judge(judge: ModelJudge) -> ModelJudge:
    """The judge as it is probed: with fewer votes, if it votes."""
    return attrs.evolve(judge, votes=min(judge.votes, _VOTES))


def probe_requests(judge: ModelJudge) -> list[ProbeRequest]:
    """What a judge is asked: as many known answers of each rubric as `MAX_REQUESTS` allow.

    A vote counts as a request, because some servers take one for each.
    """
    scorer = _model_scorer(judge)
    most = MAX_REQUESTS // probed_judge(judge).votes
    # Two requests remain for a diagnosis.
    each = max((most - 2) // len(judge.rubrics), 1)
    requests = [
        ProbeRequest(rubric=rubric, known_answer=item)
        for rubric in judge.rubrics
        for item in scorer.known_answers(judge, rubric)[:each]
    ]
    return requests[:most]


def read_probe(judge: ModelJudge, replies: Mapping[str, JudgeReply]) -> JudgeProbeResult:
    """What a judge's replies to known answers say of it.

    Args:
        judge: The judge.
        replies: By `ProbeRequest.id`, the reply to each of its requests; others are not looked at.
    """
    scorer = _model_scorer(judge)
    unreadable, disorder, is_readable = [], [], True
    for rubric in judge.rubrics:
        asked = [one for one in probe_requests(judge) if one.rubric == rubric and one.id in replies]
        related = scorer.relate_verdicts(judge, {(one.id, 0): replies[one.id] for one in asked})
        read = {one.known_answer: scorer.read(judge, related[one.id, 0]) for one in asked}
        bad = [one for one in asked if not read[one.known_answer].is_readable]
        unreadable += [
            f"{rubric.name}, {one.known_answer.name} answer: {shorten(replies[one.id].text)}"
            for one in bad
        ]
        is_readable &= not bad or 2 * len(bad) < len(asked)
        disorder += _find_disorder(rubric, read)
    return JudgeProbeResult(
        unreadable=tuple(unreadable), is_readable=is_readable, disorder=tuple(disorder)
    )


def _find_disorder(rubric: Rubric, read: Mapping[KnownAnswer, Rating]) -> list[str]:
    """What of a rubric's ratings contradicts the levels of the answers; one sentence at most."""
    levels = [(one.level, rating, one) for one, rating in read.items() if one.level is not None]
    rated = [
        (level, rating.value, one.name) for level, rating, one in levels if rating.value is not None
    ]
    said = [
        (one.name, rating.outcome)
        for _, rating, one in levels
        if rating.value is None and rating.is_word
    ]
    if said:
        return [f"{rubric.name} calls the {said[0][0]} answer a {said[0][1]}"]
    if len(rated) < 2:
        return []
    (_, low, low_name), (_, high, high_name) = min(rated), max(rated)
    if low >= high:
        numbers = f"{high:.0f} for the {high_name} answer and {low:.0f} for the {low_name} one"
        return [f"{rubric.name} gives {numbers}"]
    for _, value, name in sorted(rated)[1:-1]:
        if not low - _TOLERANCE <= value <= high + _TOLERANCE:
            numbers = f"{value:.0f} for the {name} answer, outside {low:.0f} to {high:.0f}"
            return [f"{rubric.name} gives {numbers}"]
    return []


def shorten(text: str) -> str:
    """A reply as it is shown: quoted, in one line, its beginning."""
    line = " ".join(text.split())
    return repr(line if len(line) <= _MAX_SHOWN else f"{line[:_MAX_SHOWN]}…")


def has_text_verdict(judge: ModelJudge, replies: Sequence[JudgeReply]) -> bool:
    """Whether the texts of replies can be read where their tokens cannot, so that votes can."""
    scorer = _model_scorer(judge)
    voting = attrs.evolve(judge, votes=_VOTES)
    votes = [attrs.evolve(reply, top=[(reply.text, 0.0)], tops=()) for reply in replies]
    return bool(votes) and all(scorer.read(voting, vote).is_readable for vote in votes)


def _model_scorer(judge: ModelJudge) -> ModelScorer[ModelJudge]:
    scorer = find_scorer(judge)
    assert isinstance(scorer, ModelScorer)
    return scorer
