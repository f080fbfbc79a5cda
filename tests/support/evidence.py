"""Evidence of made-up studies, whose truth is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from mi.analysis.evidence import Condition, Evidence
from mi.analysis.findings import Finding, report_findings
from mi.analysis.rulings import Ruling
from mi.analysis.stats import Scores


def scores(
    values: Any, samples: float = 1.0, *, trained: bool = True, seeds: Sequence[int] = ()
) -> Scores:
    """Scores of runs × groups.

    Args:
        values: Sums of scores.
        samples: Answers in each group.
        trained: Whether the runs are trained models.
        seeds: Of the runs.
    """
    totals = np.atleast_2d(np.asarray(values, dtype=float))
    counts = np.full(totals.shape, samples)
    return Scores(totals=totals, counts=counts, trained=trained, seeds=tuple(seeds))


@attrs.frozen(kw_only=True)
class Arm:
    """One condition; without rows it is the untrained model.

    Args:
        rate: The true share of harmful answers.
        broken: The true share of answers without a score.
    """

    rate: float
    ratio: float | None = None
    rows: int | None = None
    broken: float = 0.0

    @property
    def condition(self) -> Condition:
        name = "baseline" if self.rows is None else f"r={self.ratio:g},n={self.rows}"
        return Condition(
            name=name, misaligned_ratio=self.ratio, total_samples=self.rows, inoculation=None
        )


def mixes(rates: Sequence[float], ratio: float, sizes: Sequence[int]) -> list[Arm]:
    """Conditions of one ratio, by size."""
    return [Arm(rate=rate, ratio=ratio, rows=rows) for rate, rows in zip(rates, sizes, strict=True)]


@attrs.frozen(kw_only=True)
class World:
    """Draws answers: groups differ in the same way in all conditions, and runs of a condition by
    `spread` logits.

    Args:
        number: Seed of the random numbers.
        answers: Answers in each group.
        scatter: Standard deviation of groups, in logits.
    """

    number: int = 1
    seeds: int = 3
    groups: int = 48
    answers: int = 4
    spread: float = 0.1
    scatter: float = 0.8

    def evidence(self, *arms: Arm, eval: str = "judged", distribution: str = "ID") -> Evidence:
        """The evidence of one eval in these conditions."""
        rng = np.random.default_rng(self.number)
        groups = rng.normal(0, self.scatter, self.groups)
        drawn = [self._draw(rng, arm, groups) for arm in arms]
        has_broken = any(arm.broken for arm in arms)
        return Evidence(
            setting="made_up",
            eval=eval,
            title=eval,
            distribution=distribution,
            metric="harmful",
            is_sampled=True,
            measure="harm",
            is_share=True,
            conditions=tuple(arm.condition for arm in arms),
            scores=tuple(readable for readable, _ in drawn),
            units=tuple(() for _ in arms),
            unscored_metric="broken" if has_broken else None,
            unscored=tuple(broken for _, broken in drawn) if has_broken else (),
        )

    def _draw(
        self, rng: np.random.Generator, arm: Arm, groups: NDArray[np.float64]
    ) -> tuple[Scores, Scores]:
        """The scores of readable answers, and of all answers whether they are broken."""
        trained = arm.rows is not None
        runs = self.seeds if trained else 1
        shift = rng.normal(0, self.spread, (runs, 1)) if trained else 0.0
        logits = np.log(arm.rate / (1 - arm.rate)) + np.zeros((runs, 1)) + shift + groups
        broken = rng.binomial(self.answers, arm.broken, logits.shape).astype(float)
        counts = self.answers - broken
        totals = rng.binomial(counts.astype(int), 1 / (1 + np.exp(-logits))).astype(float)
        seeds = tuple(range(runs)) if trained else ()
        readable = Scores(totals=totals, counts=counts, trained=trained, seeds=seeds)
        return readable, scores(broken, float(self.answers), trained=trained, seeds=seeds)


def findings_of(
    evidence: Evidence, *others: Evidence, rulings: Sequence[Ruling] = ()
) -> dict[str, list[Finding]]:
    """The findings of one experiment, by question."""
    (found,), _ = report_findings([((evidence, *others), rulings)], [])
    return _by_question(found)


def joint_findings(*all_evidence: Evidence) -> dict[str, list[Finding]]:
    """The joint findings of several experiments with this evidence together, by question."""
    _, found = report_findings([], all_evidence)
    return _by_question(found)


def _by_question(found: Sequence[Finding]) -> dict[str, list[Finding]]:
    by_question: dict[str, list[Finding]] = {}
    for finding in found:
        by_question.setdefault(finding.question, []).append(finding)
    return by_question
