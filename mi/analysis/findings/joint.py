"""Findings over sizes and ratios together: does aligned data protect, or does it only replace
misaligned data?

A size sweep raises both kinds of rows together, a ratio sweep trades one kind for the other. In one
study of misaligned and aligned rows, each kind has its own slope with the other held constant.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

from ..evidence import Evidence
from ..stats import Estimate
from .multiple_tests import Conclusion, DraftFinding, effect_conclusion

_QUESTIONS = {
    "misaligned": "more misaligned rows, aligned rows held constant",
    "aligned": "more aligned rows, misaligned rows held constant: do they protect?",
}


def row_questions(evidence: Evidence) -> Iterator[DraftFinding]:
    """The change of the score per doubling of misaligned rows, and of aligned rows.

    A least-squares fit over all trained conditions without inoculation; one is added to each number
    of rows, because it may be zero.
    """
    import numpy as np

    trained = [
        index
        for index in evidence.trained_indices()
        if evidence.conditions[index].inoculation is None
    ]
    design = np.array([[1.0, *_log2_rows(evidence, index)] for index in trained])
    if len(trained) < 4 or np.linalg.matrix_rank(design) < 3:
        return
    weights = np.zeros((3, len(evidence.conditions)))
    weights[:, trained] = np.linalg.pinv(design)
    for kind, kind_weights in zip(("misaligned", "aligned"), weights[1:], strict=True):
        slope = evidence.study.contrast(kind_weights)
        yield DraftFinding(
            question=_QUESTIONS[kind],
            where=evidence.where,
            basis=evidence.study.basis,
            p_values=(slope.p_value,),
            conclude=partial(_conclude, slope, f"{kind} rows, over {len(trained)} conditions"),
        )


def _conclude(slope: Estimate, description: str, p: Sequence[float]) -> Conclusion:
    return effect_conclusion(slope, p[0], f"for each doubling of {description}")


def _log2_rows(evidence: Evidence, index: int) -> tuple[float, float]:
    """Doublings of misaligned and of aligned rows in a condition."""
    condition = evidence.conditions[index]
    total, ratio = condition.total_samples or 0, condition.misaligned_ratio or 0.0
    misaligned = round(ratio * total)
    return math.log2(1 + misaligned), math.log2(1 + total - misaligned)
