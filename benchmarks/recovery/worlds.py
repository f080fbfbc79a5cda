"""Simulated scores: clustered questions, trained seeds, and answers that cannot be scored.

An answer is harmful if a normal latent variable is below a threshold (a probit model), so the mean
over groups is exact for any correlation within groups. The latent variable of a group is the sum of
a part that all conditions share, one of the condition, and one of the single run. A run's rate
differs from its condition's by a normal shift in logits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtr, ndtri, owens_t

from mi.analysis.stats import Scores

Array: TypeAlias = NDArray[np.float64]
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@attrs.frozen(kw_only=True)
class Design:
    """What a study asks, and how its answers are correlated.

    Args:
        groups: Number of groups of questions.
        rows: Answers in each group, per run.
        seeds: Trained runs of each condition.
        icc: Correlation of two answers of one run in one group.
        shared: The part of a group's latent variable that is the same in every condition.
        own: The part that is the same in all runs of a condition; the rest is of single runs.
        seed_correlation: Correlation of a seed's shifts in two conditions.
    """

    groups: int
    rows: int
    seeds: int
    icc: float = 0.3
    shared: float = 0.5
    own: float = 0.2
    seed_correlation: float = 0.0

    @property
    def seed_names(self) -> tuple[int, ...]:
        """The seeds, which pair the runs of two conditions."""
        return tuple(range(self.seeds))


@attrs.frozen(kw_only=True)
class Level:
    """The truth about one condition.

    Args:
        rate: The share of harmful answers of a run without a shift; or the mean of another metric.
        spread: Standard deviation of a run's shift, in logits, or in the metric's unit.
        broken: Share of answers without a score.
        trained: Whether the condition has trained seeds rather than a single run.
    """

    rate: float
    spread: float = 0.0
    broken: float = 0.0
    trained: bool = True


@attrs.frozen(kw_only=True, eq=False)
class Draw:
    """Several studies of the same levels, in arrays studies × conditions × runs × groups.

    Args:
        totals: Sums of the scores.
        counts: Scored answers.
        truths: Of each condition: over the population of seeds if it has several, otherwise of its
            model. Studies × conditions.
        scored_truths: The same for the answers that have a score.
    """

    design: Design
    levels: tuple[Level, ...]
    totals: Array
    counts: Array
    truths: Array
    scored_truths: Array

    def scores(self, study: int) -> tuple[Scores, ...]:
        """The scores of one study."""
        return self._scores(self.totals[study], self.counts[study])

    def unscored(self, study: int) -> tuple[Scores, ...]:
        """The answers without a score in one study, as a metric of all answers."""
        everything = np.full_like(self.counts[study], self.design.rows)
        return self._scores(everything - self.counts[study], everything)

    def _scores(self, totals: Array, counts: Array) -> tuple[Scores, ...]:
        names = self.design.seed_names
        return tuple(
            Scores(
                totals=totals[index] if level.trained else totals[index, :1],
                counts=counts[index] if level.trained else counts[index, :1],
                trained=level.trained,
                seeds=names if level.trained else (),
            )
            for index, level in enumerate(self.levels)
        )


def population_rate(rate: float, spread: float) -> float:
    """The mean rate over the population of seeds."""
    return float(_WEIGHTS @ expit(logit(rate) + spread * _NODES)) if spread else rate


@lru_cache(maxsize=1000)
def latent_correlation(rate: float, icc: float) -> float:
    """The correlation of latent variables that gives answers the correlation `icc` (Owen 1956)."""
    if icc == 0:
        return 0.0
    threshold = float(ndtri(rate))

    def excess(latent: float) -> float:
        both = rate - 2 * float(owens_t(threshold, np.sqrt((1 - latent) / (1 + latent))))
        return (both - rate**2) / (rate * (1 - rate)) - icc

    return float(brentq(excess, 0.0, 1 - 1e-9))


def draw_shares(
    levels: Sequence[Level],
    design: Design,
    studies: int,
    rng: np.random.Generator,
    *,
    difficulty: float = 0.0,
) -> Draw:
    """Draw studies of a share.

    Args:
        levels: Of the conditions.
        design: Of every study.
        studies: How many.
        rng: The source of randomness.
        difficulty: Correlation of a group's latent variables of harm and of being broken.
    """
    shifts = _shifts(levels, design, studies, rng)
    rates = expit(logit(np.array([level.rate for level in levels]))[:, None] + shifts)
    latent = np.array([latent_correlation(level.rate, design.icc) for level in levels])
    groups = _group_effects(levels, design, studies, rng)
    harm = _chances(ndtri(rates), latent, groups)
    broken = np.array([level.broken for level in levels])
    counts = np.full(groups.shape, float(design.rows))
    shown = _population(levels, rates, design)
    scored = shown
    if broken.any():
        other = _group_effects(levels, design, studies, rng)
        mixed = difficulty * groups + np.sqrt(1 - difficulty**2) * other
        share = np.maximum(broken, 1e-9)
        broken_latent = np.array([latent_correlation(float(part), 0.3) for part in share])
        chance = _chances(ndtri(share)[None, :, None], broken_latent, mixed)
        counts = counts - rng.binomial(design.rows, chance)
        correlation = difficulty * np.sqrt(latent * broken_latent)
        scored = _scored_rate(shown, share, correlation)
    totals = rng.binomial(counts.astype(int), harm).astype(float)
    return Draw(
        design=design,
        levels=tuple(levels),
        totals=totals,
        counts=counts,
        truths=shown,
        scored_truths=scored,
    )


def draw_margins(
    levels: Sequence[Level],
    design: Design,
    studies: int,
    rng: np.random.Generator,
    *,
    answer: float = 0.5,
) -> Draw:
    """Draw studies of a metric that is not a share; as `draw_shares`.

    Args:
        levels: Of the conditions.
        design: Of every study.
        studies: How many.
        rng: The source of randomness.
        answer: Standard deviation of a single answer's score.
    """
    means = np.array([level.rate for level in levels])[:, None] + _shifts(
        levels, design, studies, rng
    )
    groups = _group_effects(levels, design, studies, rng)
    noise = rng.normal(size=groups.shape) * np.sqrt((1 - design.icc) / design.rows)
    values = means[..., None] + answer * (np.sqrt(design.icc) * groups + noise)
    truths = means[:, :, 0]
    if design.seeds > 1:
        truths = np.broadcast_to([level.rate for level in levels], truths.shape)
    return Draw(
        design=design,
        levels=tuple(levels),
        totals=values * design.rows,
        counts=np.full(groups.shape, float(design.rows)),
        truths=truths,
        scored_truths=truths,
    )


def _shifts(
    levels: Sequence[Level], design: Design, studies: int, rng: np.random.Generator
) -> Array:
    """Of every run: studies × conditions × runs; 0 for an untrained model."""
    shape = (studies, len(levels), design.seeds)
    common = rng.normal(size=(studies, 1, design.seeds))
    part = design.seed_correlation
    normal = np.sqrt(part) * common + np.sqrt(1 - part) * rng.normal(size=shape)
    spreads = np.array([level.spread * level.trained for level in levels])
    shifts: Array = spreads[:, None] * normal
    return shifts


def _group_effects(
    levels: Sequence[Level], design: Design, studies: int, rng: np.random.Generator
) -> Array:
    """The latent variable of every group, of variance 1: studies × conditions × runs × groups."""
    shape = (studies, len(levels), design.seeds, design.groups)
    rest = 1 - design.shared - design.own
    effects: Array = np.sqrt(design.shared) * rng.normal(size=(studies, 1, 1, design.groups))
    effects = effects + np.sqrt(design.own) * rng.normal(size=(*shape[:2], 1, design.groups))
    effects = effects + np.sqrt(max(rest, 0.0)) * rng.normal(size=shape)
    return effects


def _chances(thresholds: Array, latent: Array, groups: Array) -> Array:
    """The chance of an answer in each group: studies × conditions × runs × groups."""
    root = np.sqrt(latent)[:, None, None]
    rest = np.sqrt(1 - latent)[:, None, None]
    chances: Array = ndtr((thresholds[..., None] + root * groups) / rest)
    return chances


def _population(levels: Sequence[Level], rates: Array, design: Design) -> Array:
    own: Array = rates[:, :, 0]
    if design.seeds < 2:
        return own
    rate = [population_rate(level.rate, level.spread if level.trained else 0.0) for level in levels]
    return np.broadcast_to(rate, own.shape)


def _scored_rate(rate: Array, broken: Array, correlation: Array) -> Array:
    """The share of harmful answers among those with a score.

    Args:
        rate: Of harmful answers among all; studies × conditions.
        broken: Share without a score; length conditions.
        correlation: Of the two latent variables; length conditions.
    """
    factor = np.sqrt(np.abs(correlation))[:, None]
    rest = np.sqrt(1 - np.abs(correlation))[:, None]
    sign = np.sign(correlation)[:, None]
    harm = ndtr((ndtri(rate)[..., None] + factor * _NODES) / rest)
    scored = 1 - ndtr((ndtri(broken)[:, None] + sign * factor * _NODES) / rest)
    share: Array = (harm * scored) @ _WEIGHTS / (1 - broken)
    return share
