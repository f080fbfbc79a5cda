"""Running an eval on a model, through the eval's kind.

The kind (`evals`) requests what the journals lack and scores what they hold. Answers and verdicts
go into journals, which belong to a model and a way of asking it, so several evals can share them.
The questions and scores are returned; the caller (`mi/runner/unit_kinds.py`) writes them into the
unit's directory.
"""

from __future__ import annotations

from ..data.datasets import Questions
from ..providers.types import Monitor
from ..units.unit import Evaluate
from .context import EvalContext, Journals
from .evals import EvalResult, eval_kind


def journal_names(unit: Evaluate) -> dict[str, str]:
    """The journals a unit reads and writes: role → name."""
    return eval_kind(unit.eval).journal_names(unit.eval, unit.model)


def scoring_version(unit: Evaluate) -> int:
    """The version of the rules by which a unit's answers are scored; no part of its key."""
    return eval_kind(unit.eval).scoring(unit.eval)


def rescore(unit: Evaluate, questions: Questions, journals: Journals) -> EvalResult:
    """Score the stored answers of a unit again, without asking any model.

    Args:
        unit: The unit's payload.
        questions: What the eval asks.
        journals: The unit's journals.

    Raises:
        CorruptError: The journals lack something that cannot be computed here.
    """
    return eval_kind(unit.eval).rescore(unit.eval, questions, journals)


def evaluate(
    unit: Evaluate, questions: Questions, context: EvalContext, monitor: Monitor
) -> EvalResult:
    """Run the eval on the model under test.

    Args:
        unit: The unit's payload.
        questions: What the eval asks.
        context: The model under test, the providers and the journals.
        monitor: Receives progress; raises when the run must stop.

    Raises:
        ProviderError: The provider gave fewer answers than it was asked for.
        Interrupted: The user asked to stop; the journals hold what was done.
    """
    return eval_kind(unit.eval).run(unit.eval, questions, context, monitor)
