"""Whether bandit, calibrated on some labelled answers, recovers the labels' rate on the others.

    python -m benchmarks.calibration_splits
    python -m benchmarks.calibration_splits --answers judged.csv --splits 1000

The labels are those of a judge model, not the truth: this checks the machinery, not the model. In
each random split 200 of the 600 answers give bandit's errors, and the share that it calls insecure
among the other 400 is corrected by them. The labels' own rate among the 400 should lie in the
interval; bandit's share and its interval stand beside. A question is a group.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mi.analysis.stats import (
    LabelSums,
    effective_answers,
    is_informative,
    judge_errors,
    rogan_gladen,
    run_summaries,
)
from mi.spec import Severity

from .bandit_agreement import ANSWERS, Rule, read_answers
from .calibration import GOAL

CALIBRATION = 200
DRAWS = 4000
Flags = NDArray[np.bool_]


def group_counts(groups: NDArray[np.int64], flags: Flags) -> NDArray[np.float64]:
    """How many flags are set in each group; groups × 1."""
    return np.bincount(groups, flags, minlength=int(groups.max()) + 1)[:, None].astype(float)


def label_sums(groups: NDArray[np.int64], flagged: Flags, labels: Flags) -> LabelSums:
    """Labelled answers by question and verdict, with no other answers known."""
    strata = (flagged, ~flagged)
    answers = np.hstack([group_counts(groups, stratum) for stratum in strata])
    return LabelSums(
        verdicts=np.array([True, False]),
        answers=answers,
        labelled=answers,
        positives=np.hstack([group_counts(groups, stratum & labels) for stratum in strata]),
    )


def naive_interval(groups: NDArray[np.int64], flagged: Flags) -> tuple[float, float, float]:
    """The share of flagged answers with the interval of the tables."""
    counts = np.bincount(groups)
    kept = counts > 0
    summary = run_summaries(
        np.zeros(int(kept.sum()), dtype=np.int64),
        counts=counts[kept].astype(float),
        totals=group_counts(groups, flagged)[kept, 0],
        has_group=np.ones(int(kept.sum()), dtype=bool),
        is_share=np.ones(1, dtype=bool),
    )
    return float(summary.mean[0]), float(summary.low[0]), float(summary.high[0])


def split(
    order: NDArray[np.int64], groups: NDArray[np.int64], flagged: Flags, labels: Flags
) -> tuple[float, tuple[float, float], tuple[float, float], bool]:
    """Calibrate on the first answers of an order and correct the rest.

    Returns:
        The labels' rate among the rest, the corrected interval, bandit's own, and whether the
        labels show that bandit is better than chance.
    """
    first, rest = order[:CALIBRATION], order[CALIBRATION:]
    rng = np.random.default_rng(0)
    sums = label_sums(groups[first], flagged[first], labels[first])
    errors = judge_errors(sums, rng, DRAWS, has_pool=False)
    mean, low, high = naive_interval(groups[rest], flagged[rest])
    number = effective_answers(mean, low, high, len(rest))
    corrected = rogan_gladen(mean, number, errors, rng)
    return (
        float(labels[rest].mean()),
        corrected.interval(),
        (low, high),
        bool(is_informative(errors)),
    )


def main(words: Sequence[str] | None = None) -> int:
    """Print in how many splits each interval holds the labels' rate; 1 if too few do."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--answers", type=Path, default=ANSWERS)
    parser.add_argument("--splits", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(words)
    answers, rule = read_answers(args.answers), Rule(Severity.MEDIUM)
    questions = sorted({answer.question for answer in answers})
    groups = np.array([questions.index(answer.question) for answer in answers])
    flagged = np.array([rule.is_flagged(answer) for answer in answers])
    labels = np.array([answer.insecure for answer in answers])
    rng = np.random.default_rng(args.seed)
    found = [
        split(rng.permutation(len(answers)), groups, flagged, labels) for _ in range(args.splits)
    ]
    served = [one for one in found if one[3]]
    corrected = [low <= rate <= high for rate, (low, high), _, _ in served]
    naive = [low <= rate <= high for rate, _, (low, high), _ in found]
    widths = [high - low for _, (low, high), _, _ in served]
    naive_widths = [high - low for _, _, (low, high), _ in found]
    print(f"{len(answers)} answers to {len(questions)} questions, {labels.mean():.1%} insecure")
    print(
        f"corrected: {np.mean(corrected):.1%} of {len(served)} splits, width {np.mean(widths):.3f}"
    )
    print(f"naive: {np.mean(naive):.1%} of {len(found)} splits, width {np.mean(naive_widths):.3f}")
    return int(np.mean(corrected) < GOAL)


if __name__ == "__main__":
    sys.exit(main())
