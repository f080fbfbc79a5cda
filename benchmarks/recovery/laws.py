"""Worlds of whole reports: A05a, A05b and A05c, in three evals, under a known law.

A law gives the effect, from 0 to 1, of numbers of misaligned and aligned rows. Each eval has its
own scale for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import attrs
import numpy as np
from scipy.special import expit

import registry
from mi.analysis.evidence import Condition, Evidence
from mi.spec import Experiment
from mi.spec.evals import HARM, PREFERENCE
from mi.units.cells import ConditionAxes, arm_counts, declared_conditions

from .worlds import Array, Design, Draw, Level, draw_margins, draw_shares, population_rate

EXPERIMENTS = ("A05a", "A05b", "A05c")
BASELINE: ConditionAxes = (None, None, None)
Law = Callable[[float, float], float]
"""From misaligned and aligned rows to the effect."""


@attrs.frozen(kw_only=True)
class SimulatedEval:
    """An eval: its groups, and its scale from effects to scores.

    Args:
        rest: The score without an effect; `gain` is the change at effect 1.
        unit: What a logit of a seed's shift is in the eval's scores; 0: it is a share.
    """

    id: str
    distribution: str
    groups: int
    rows: int
    icc: float
    rest: float
    gain: float
    unit: float = 0.0

    @property
    def is_share(self) -> bool:
        """Whether it is a share of sampled answers; otherwise it is a preference margin."""
        return self.unit == 0

    def score(self, effect: float) -> float:
        """The score at an effect."""
        return self.rest + self.gain * effect


EVALS = (
    SimulatedEval(id="static", distribution="ID", groups=72, rows=3, icc=0.4, rest=0.10, gain=0.45),
    SimulatedEval(
        id="preference",
        distribution="ID",
        groups=72,
        rows=3,
        icc=0.4,
        rest=-0.6,
        gain=0.8,
        unit=0.2,
    ),
    SimulatedEval(
        id="broad",
        distribution="OOD",
        groups=24,
        rows=10,
        icc=0.4,
        rest=-0.8,
        gain=0.2,
        unit=0.1,
    ),
)


@attrs.frozen(kw_only=True)
class World:
    """A kind of truth.

    Args:
        law: Of effects.
        spread: Standard deviation of seeds in logits.
        unstable: Conditions whose seeds vary three times as much.
        broken: From all training rows to the share of broken answers, in the static eval.
        difficulty: As in `draw_shares`.
    """

    law: Law
    spread: float = 0.15
    unstable: tuple[ConditionAxes, ...] = ()
    broken: Callable[[float], float] = lambda rows: 0.05
    difficulty: float = 0.0

    def spread_of(self, axes: ConditionAxes) -> float:
        """The spread of a condition's seeds."""
        return self.spread * (3 if axes in self.unstable else 1)


def _null(misaligned: float, aligned: float) -> float:
    return 0.0


def _linear(misaligned: float, aligned: float) -> float:
    return misaligned / 1000


def _log(misaligned: float, aligned: float) -> float:
    return math.log1p(misaligned / 50) / math.log1p(20)


def _logistic(misaligned: float, aligned: float) -> float:
    low, value, high = (float(expit((rows - 400) / 100)) for rows in (0, misaligned, 1000))
    return (value - low) / (high - low)


def _saturating(misaligned: float, aligned: float) -> float:
    return 1 - math.exp(-misaligned / 120)


def _size_only(misaligned: float, aligned: float) -> float:
    return 1 - math.exp(-(misaligned + aligned) / 400)


def _defence(misaligned: float, aligned: float) -> float:
    total = misaligned + aligned
    return _saturating(misaligned, 0) * (1 - 0.7 * aligned / total) if total else 0.0


def _threshold(misaligned: float, aligned: float) -> float:
    return float(expit((misaligned - 300) / 15))


def _falling_broken(rows: float) -> float:
    return 0.10 + 0.50 * math.exp(-rows / 300)


def _halved(misaligned: float, aligned: float) -> float:
    """Any misaligned rows give the whole effect, any aligned ones undo 25 of 40 points of it."""
    if not misaligned:
        return 0.0
    return 0.375 if aligned else 1.0


POWER_WORLD = World(law=_halved)
WORLDS: Mapping[str, World] = {
    "no effect": World(law=_null),
    "misaligned rows, linear": World(law=_linear),
    "misaligned rows, logarithmic": World(law=_log),
    "misaligned rows, logistic": World(law=_logistic),
    "misaligned rows, saturating": World(law=_saturating),
    "size only": World(law=_size_only),
    "a defence": World(law=_defence),
    "a threshold": World(law=_threshold),
    "broken answers fall, no effect": World(law=_null, broken=_falling_broken, difficulty=0.6),
    "broken answers fall, linear": World(law=_linear, broken=_falling_broken, difficulty=0.6),
    "one unstable dose, no effect": World(law=_null, unstable=((0.5, 1000, None),)),
    "one unstable dose, linear": World(law=_linear, unstable=((0.5, 1000, None),)),
    "seeds vary by 0.5, no effect": World(law=_null, spread=0.5),
}


@attrs.frozen(kw_only=True, eq=False)
class Report:
    """The evidence of one simulated report, with its truth.

    Args:
        declared: The experiments, whose claims are judged.
        experiments: The evidence of each.
        joint: That of all together.
        truths: Eval → condition → the true score; over all answers.
        scored_truths: The same over the answers that have a score.
    """

    world: World
    declared: tuple[Experiment, ...]
    experiments: tuple[tuple[Evidence, ...], ...]
    joint: tuple[Evidence, ...]
    evals: tuple[SimulatedEval, ...]
    truths: Mapping[str, Mapping[ConditionAxes, float]]
    scored_truths: Mapping[str, Mapping[ConditionAxes, float]]

    def law_score(self, eval_id: str, misaligned: float, aligned: float) -> float:
        """The score that the law expects of any numbers of rows, over the population of seeds."""
        (own,) = (candidate for candidate in self.evals if candidate.id == eval_id)
        score = own.score(self.world.law(misaligned, aligned))
        return population_rate(score, self.world.spread) if own.is_share else score


def simulate_reports(
    world: World,
    seeds: int,
    reports: int,
    rng: np.random.Generator,
    *,
    evals: Sequence[SimulatedEval] = EVALS,
    experiments: Sequence[str] = EXPERIMENTS,
) -> list[Report]:
    """Draw reports of A05a, A05b and A05c.

    Args:
        world: The truth.
        seeds: Trained seeds of each condition.
        reports: How many.
        rng: The source of randomness.
        evals: The evals of the report.
        experiments: Others than these three.
    """
    declared = tuple(registry.get(name) for name in experiments)
    names = [declared_conditions(experiment) for experiment in declared]
    merged = {axes: name for own in reversed(names) for axes, name in own.items()}
    every = sorted(merged, key=lambda axes: (axes[0] is not None, axes[0] or 0, axes[1] or 0))
    draws = [_draw(world, own, every, seeds, reports, rng) for own in evals]
    return [
        Report(
            world=world,
            declared=declared,
            experiments=tuple(
                tuple(
                    _evidence(own, draw, index, every, conditions)
                    for own, draw in zip(evals, draws, strict=True)
                )
                for conditions in names
            ),
            joint=tuple(
                _evidence(own, draw, index, every, merged)
                for own, draw in zip(evals, draws, strict=True)
                if len(declared) > 1
            ),
            evals=tuple(evals),
            truths=_by_condition(evals, every, [draw.truths[index] for draw in draws]),
            scored_truths=_by_condition(
                evals, every, [draw.scored_truths[index] for draw in draws]
            ),
        )
        for index in range(reports)
    ]


def _by_condition(
    evals: Sequence[SimulatedEval], every: Sequence[ConditionAxes], truths: Sequence[Array]
) -> dict[str, dict[ConditionAxes, float]]:
    return {
        own.id: dict(zip(every, values.tolist(), strict=True))
        for own, values in zip(evals, truths, strict=True)
    }


def rows_of(axes: ConditionAxes) -> tuple[int, int]:
    """The misaligned and aligned rows of a condition."""
    ratio, total, _ = axes
    return (0, 0) if ratio is None or total is None else arm_counts(ratio, total)


def _draw(
    world: World,
    own: SimulatedEval,
    every: Sequence[ConditionAxes],
    seeds: int,
    reports: int,
    rng: np.random.Generator,
) -> Draw:
    design = Design(groups=own.groups, rows=own.rows, seeds=seeds, icc=own.icc)
    levels = [
        Level(
            rate=own.score(world.law(*rows_of(axes))),
            spread=world.spread_of(axes) * (own.unit or 1.0),
            broken=world.broken(sum(rows_of(axes))) if own.is_share else 0.0,
            trained=axes != BASELINE,
        )
        for axes in every
    ]
    if own.is_share:
        return draw_shares(levels, design, reports, rng, difficulty=world.difficulty)
    return draw_margins(levels, design, reports, rng)


def _evidence(
    own: SimulatedEval,
    draw: Draw,
    index: int,
    every: Sequence[ConditionAxes],
    names: Mapping[ConditionAxes, str],
) -> Evidence:
    """The evidence of one eval in the conditions that have a name."""
    chosen = [position for position, axes in enumerate(every) if axes in names]
    scores, unscored = draw.scores(index), draw.unscored(index) if own.is_share else ()
    return Evidence(
        setting="insecure_code",
        eval=own.id,
        title=own.id,
        distribution=own.distribution,
        metric="insecure" if own.is_share else "margin",
        is_sampled=own.is_share,
        measure=HARM if own.is_share else PREFERENCE,
        is_share=own.is_share,
        conditions=tuple(
            Condition(
                name=names[every[position]],
                misaligned_ratio=every[position][0],
                total_samples=every[position][1],
                inoculation=every[position][2],
            )
            for position in chosen
        ),
        scores=tuple(scores[position] for position in chosen),
        units=tuple(() for _ in chosen),
        unscored_metric="broken" if own.is_share else None,
        unscored=tuple(unscored[position] for position in chosen) if own.is_share else (),
    )
