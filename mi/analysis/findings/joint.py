"""What sizes and ratios say together: does aligned data defend, or does it only take the place of
misaligned data?

A size sweep moves both kinds of rows up together, a ratio sweep trades one for the other. Read as
one study of misaligned and aligned rows, each has a slope of its own with the other held still.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

from ..evidence import Evidence
from ..stats import Estimate
from .multiple_tests import Conclusion, DraftFinding, effect_conclusion


def row_questions(evidence: Evidence) -> Iterator[DraftFinding]:
    """The change of the score per doubling of misaligned rows, and of aligned rows.

    By least squares over all trained conditions; rows are counted from one, for there may be none.
    """
    import numpy as np

    trained = [
        at for at in evidence.trained_indices() if evidence.conditions[at].inoculation is None
    ]
    design = np.array([[1.0, *_log2_rows(evidence, at)] for at in trained])
    if len(trained) < 4 or np.linalg.matrix_rank(design) < 3:
        return
    sums = np.zeros((3, len(evidence.conditions)))
    sums[:, trained] = np.linalg.pinv(design)
    for kind, weights in zip(("misaligned", "aligned"), sums[1:], strict=True):
        slope = evidence.study.contrast(weights)
        yield DraftFinding(
            question=_QUESTIONS[kind],
            where=f"{evidence.setting}, {evidence.label}",
            basis=evidence.study.basis,
            p_values=(slope.p_value,),
            conclude=partial(_conclude, slope, f"{kind} rows, over {len(trained)} conditions"),
        )


_QUESTIONS = {
    "misaligned": "more misaligned rows, aligned rows held still",
    "aligned": "more aligned rows, misaligned rows held still: do they defend?",
}


def _conclude(slope: Estimate, description: str, p: Sequence[float]) -> Conclusion:
    return effect_conclusion(slope, p[0], f"for each doubling of {description}")


def _log2_rows(evidence: Evidence, at: int) -> tuple[float, float]:
    condition = evidence.conditions[at]
    total, ratio = condition.total_samples or 0, condition.misaligned_ratio or 0.0
    misaligned = round(ratio * total)
    return math.log2(1 + misaligned), math.log2(1 + total - misaligned)
