"""The kinds of eval, one module each, behind one table.

A new kind takes its declaration in `mi.spec.evals`, a module here with an `EvalKind`, and a line in
`KINDS`. Everything else asks the table. The declaration's `measure` says which claims and
figures read the evals together with others: with none, they have results of their own only.
"""

from __future__ import annotations

from collections.abc import Iterable

from ...spec import Eval, Preference, Sampled
from ...units.journals import JournalKind
from .base import (
    AnyEvalKind,
    EvalKind,
    EvalResult,
    ExpectedTokens,
    Question,
    Workload,
    question_record,
)
from .preference import PreferenceKind
from .sampled import SampledKind

KINDS: dict[type[Eval], AnyEvalKind] = {
    Sampled: SampledKind(),
    Preference: PreferenceKind(),
}
"""Declaration → what the engine does with it."""


def eval_kind(eval: Eval) -> AnyEvalKind:
    """The kind of an eval, by its class or the nearest one it derives from.

    Raises:
        TypeError: No such eval can be run; a published set is resolved to its evals first.
    """
    for declared in type(eval).__mro__:
        if declared in KINDS:
            return KINDS[declared]
    raise TypeError(f"{type(eval).__name__} is not in mi.steps.evals.KINDS")


def journal_kinds() -> Iterable[JournalKind]:
    """Every kind of journal that some eval kind fills, each once."""
    return {
        journal.prefix: journal for kind in KINDS.values() for journal in kind.journals
    }.values()


__all__ = [
    "KINDS",
    "AnyEvalKind",
    "EvalKind",
    "EvalResult",
    "ExpectedTokens",
    "JournalKind",
    "Question",
    "Workload",
    "eval_kind",
    "journal_kinds",
    "question_record",
]
