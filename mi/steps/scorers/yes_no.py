"""Scoring with a yes-or-no question to a judge model."""

from __future__ import annotations

from collections.abc import Mapping

from ...spec import YesNo
from .base import Metrics, ModelScorer
from .reply import JudgeReply, Rating


class YesNoScorer(ModelScorer[YesNo]):
    """Scores an answer as a yes if the probability of YES is at least `judge.least`."""

    def read(self, judge: YesNo, verdict: JudgeReply) -> Rating:
        """The probability of a yes in percent; see `ModelScorer.read`, also for the arguments.

        Args:
            judge: The judge.
            verdict: Its reply.
        """
        reply = self.reply(judge, verdict)
        probability = reply.yes_probability(judge.MIN_MASS, (judge.yes, judge.no))
        if probability is None:
            return Rating(None, reply.unrated_outcome())
        return Rating(100.0 * probability)

    def outcome(self, judge: YesNo, verdicts: Mapping[str, JudgeReply]) -> tuple[str, Metrics]:
        """The judge's metric (1 or 0), its probability `p_…`, and `unscored`."""
        reply = self.reply(judge, verdicts[judge.rubric.name])
        probability = reply.yes_probability(judge.MIN_MASS, (judge.yes, judge.no))
        if probability is None:
            return reply.unrated_outcome(), {"unscored": 1.0}
        is_yes = probability >= judge.least
        metrics = {judge.metric: float(is_yes), f"p_{judge.metric}": probability, "unscored": 0.0}
        return judge.metric if is_yes else f"not_{judge.metric}", metrics
