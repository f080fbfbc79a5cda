"""Judged and labelled answers, counted by group and stratum.

Answers of one stratum of the design that have the same verdict were all as likely to be drawn, so
they are a stratum of the calibration, also of a judge that is not the one of the design.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..stats import LabelSums
from .answers import UNLABELLED, JudgedAnswers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def label_sums(answers: JudgedAnswers, *, has_design: bool) -> LabelSums:
    """Count answers by group, and by stratum and verdict.

    Args:
        answers: All that labels were drawn from; without a design, those with a label.
        has_design: Whether strata count; otherwise only verdicts do.
    """
    import numpy as np

    _, group = np.unique(answers.group, return_inverse=True)
    stratum = answers.stratum if has_design else np.zeros(len(answers), dtype=np.int64)
    kinds, kind = np.unique(2 * stratum + ~answers.verdict, return_inverse=True)
    labelled = answers.label != UNLABELLED
    counts = [_count(group, kind, chosen) for chosen in (None, labelled, answers.label == 1)]
    return LabelSums(
        verdicts=kinds % 2 == 0, answers=counts[0], labelled=counts[1], positives=counts[2]
    )


def _count(
    rows: NDArray[np.intp], columns: NDArray[np.intp], chosen: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    """How many elements have each row and column."""
    import numpy as np

    counts = np.zeros((int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1))
    if chosen is not None:
        rows, columns = rows[chosen], columns[chosen]
    np.add.at(counts, (rows, columns), 1.0)
    return counts
