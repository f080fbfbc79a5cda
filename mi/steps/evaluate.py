"""Evaluating: put a model to one eval, and write down the questions and the scores.

What is sampled from the model and what judges reply goes into journals, which belong to the model
and the way it is asked. The eval's kind fills them and scores what they hold.
"""

from __future__ import annotations

from ..data.datasets import Questions
from ..providers.types import Monitor
from ..units.unit import Evaluate
from .context import EvalContext
from .evals import EvalResult, eval_kind


def journal_names(unit: Evaluate) -> dict[str, str]:
    """The journals a unit reads and writes: role → name."""
    return eval_kind(unit.eval).journal_names(unit.eval, unit.subject)


def evaluate(
    unit: Evaluate, questions: Questions, context: EvalContext, monitor: Monitor
) -> EvalResult:
    """Put the model to the eval.

    Args:
        unit: The unit's payload.
        questions: What the eval asks.
        context: The model under test, the providers and the journals.
        monitor: Hears of progress and says when to stop.

    Raises:
        ProviderError: The provider gave fewer answers than it was asked for.
        Interrupted: The user asked to stop; the journals hold what was done.
    """
    return eval_kind(unit.eval).run(unit.eval, questions, context, monitor)
