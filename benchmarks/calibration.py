"""How often intervals of rates corrected for a judge's errors contain the rate.

    python -m benchmarks.calibration
    python -m benchmarks.calibration --replications 200 --labels 100 --rates 0.01 0.1

Questions come in groups with rates of their own, answers of a group share its rate, and a judge
with a sensitivity and a specificity judges each. Some answers are labelled. There are two arms,
whose judge errors differ: in the second the judge finds fewer and invents more. The estimand is the
rate over all groups that could have been drawn, and the difference between the arms.

| design | labels |
|---|---|
| stratified | of each arm, as many among answers judged positive as among the others |
| random | of each arm, at random |
| shared | of a third arm with more misaligned answers and the first arm's errors, stratified |
| outside | at random from answers that nothing else is known of, with the first arm's errors |

The first two are corrected by `prediction_powered`, the others by `rogan_gladen`. `withheld` is how
often the labels do not show that the judge is better than chance; no rate is given then. `unequal`
is the rate of the second arm, corrected by the errors of the first: what becomes of an assumption
that does not hold. The interval of the judge's own rate stands beside (`naive`), and the one that
labels of every answer would give (`oracle`), by the formulas of the tables.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from collections.abc import Iterator, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr

from mi.analysis.stats.calibration import (
    CorrectedRate,
    LabelSums,
    effective_answers,
    is_informative,
    judge_errors,
    prediction_powered,
    rogan_gladen,
)
from mi.analysis.stats.intervals import critical_value, share_interval, share_variance

DESIGNS = ("stratified", "random", "shared", "outside")
SENSITIVITIES = (0.5, 0.8, 0.95)
SPECIFICITIES = (0.8, 0.9, 0.99)
LABELS = (100, 200, 400)
RATES = (0.01, 0.05, 0.3)
GOAL = 0.93
POOL_RATE = 0.3
SECOND_RATE, SECOND_SENSITIVITY, SECOND_SPECIFICITY = 1.5, 0.8, 0.97
"""The second arm's rate and errors, as multiples of the first arm's."""
DRAWS = 1500
_BATCH = 100
_PROMISED = ("corrected_covers", "difference_covers")
Array = NDArray[np.float64]


@attrs.frozen(kw_only=True)
class World:
    """What answers are drawn from.

    Args:
        groups: Groups of questions.
        answers: Answers to each group, in each arm.
        icc: The correlation of the truth of two answers to a group.
        error_icc: The same of the judge's errors.
    """

    groups: int = 24
    answers: int = 20
    icc: float = 0.05
    error_icc: float = 0.02


@attrs.frozen(kw_only=True)
class Cell:
    """One design with one judge."""

    design: str
    sensitivity: float
    specificity: float
    labels: int
    rate: float


@attrs.frozen(eq=False)
class Arm:
    """Answers of an arm by replicate, group and answer: the truth and the judge's verdicts."""

    truth: NDArray[np.bool_]
    verdicts: NDArray[np.bool_]


def grouped_rates(mean: float, icc: float, uniform: Array) -> Array:
    """Rates of groups with a beta distribution, at quantiles that arms may share."""
    if icc == 0:
        return np.full(uniform.shape, mean)
    total = 1 / icc - 1
    rates: Array = betaincinv(mean * total, (1 - mean) * total, uniform)
    return rates


def draw_arm(
    world: World, rate: float, errors: tuple[float, float], rng: np.random.Generator, effects: Array
) -> Arm:
    """Draw the answers of an arm.

    Args:
        world: Its groups and answers.
        rate: Of misaligned answers.
        errors: The judge's sensitivity and specificity.
        rng: Where random numbers come from.
        effects: Of the groups on the rate and on both errors, standard normal; 3 × replicates ×
            groups.
    """
    uniform = ndtr(effects)
    rates, found, spared = (
        grouped_rates(mean, icc, values)[..., None]
        for mean, icc, values in zip(
            (rate, *errors), (world.icc, world.error_icc, world.error_icc), uniform, strict=True
        )
    )
    shape = (*effects.shape[1:], world.answers)
    truth = rng.random(shape) < rates
    verdicts = rng.random(shape) < np.where(truth, found, 1 - spared)
    return Arm(truth, verdicts)


def draw_labels(
    arm: Arm, labels: int, rng: np.random.Generator, *, is_stratified: bool
) -> LabelSums:
    """Label some answers of an arm at random, half of them among those judged positive if
    `is_stratified`, or as many as there are."""
    replicates = len(arm.truth)
    order = rng.random(arm.truth.shape).reshape(replicates, -1)
    positive = arm.verdicts.reshape(replicates, -1)
    if is_stratified:
        hits = positive.sum(axis=1)
        first = np.minimum(np.maximum(labels // 2, labels - (~positive).sum(axis=1).min()), hits)
        chosen = np.zeros_like(positive)
        for stratum, number in ((positive, first), (~positive, labels - first)):
            ranks = np.argsort(np.argsort(np.where(stratum, order, 2.0), axis=1), axis=1)
            chosen |= stratum & (ranks < np.asarray(number)[:, None])
    else:
        chosen = np.argsort(np.argsort(order, axis=1), axis=1) < labels
    chosen = chosen.reshape(arm.truth.shape)

    def by_stratum(answers: NDArray[np.bool_]) -> Array:
        return np.stack(
            [(answers & (arm.verdicts == verdict)).sum(axis=2) for verdict in (True, False)],
            axis=-1,
        ).astype(float)

    return LabelSums(
        verdicts=np.array([True, False]),
        answers=by_stratum(np.ones_like(arm.truth)),
        labelled=by_stratum(chosen),
        positives=by_stratum(chosen & arm.truth),
    )


def naive_interval(positive: NDArray[np.bool_]) -> tuple[Array, Array, Array]:
    """The share of positive answers with the interval of the tables, by replicate."""
    _, groups, answers = positive.shape
    totals, n = positive.sum(axis=2).astype(float), groups * answers
    mean = totals.sum(axis=1) / n
    influence = (totals - mean[:, None] * answers) / n
    robust = groups / (groups - 1) * (influence**2).sum(axis=1)
    inside = (mean > 0) & (mean < 1)
    variance = np.where(inside, share_variance(mean, robust, groups), 0.0)
    low, high = share_interval(
        mean, n=n, groups=groups, variance=variance, critical=critical_value(groups - 1)
    )
    return mean, low, high


def correct(
    design: str, arm: Arm, sums: LabelSums, rng: np.random.Generator
) -> tuple[CorrectedRate, NDArray[np.bool_]]:
    """The corrected rate of an arm, and where it is withheld."""
    mean, low, high = naive_interval(arm.verdicts)
    number = effective_answers(mean, low, high, arm.truth[0].size)
    if design in ("stratified", "random"):
        corrected = prediction_powered(sums, number, rng, DRAWS)
        return corrected, np.zeros(len(mean), dtype=bool)
    errors = judge_errors(sums, rng, DRAWS, has_pool=design == "shared")
    return rogan_gladen(mean, number, errors, rng), ~np.asarray(is_informative(errors))


def simulate(cell: Cell, world: World, replications: int, seed: int) -> dict[str, float]:
    """The coverage and mean width of every interval in a cell."""
    rng = np.random.default_rng([seed, *(int(1000 * x) for x in attrs.astuple(cell)[1:])])
    rows = []
    for start in range(0, replications, _BATCH):
        rows.append(_simulate_batch(cell, world, min(_BATCH, replications - start), rng))
    columns = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    served = columns.pop("served").astype(bool)
    result = {"withheld": float(1 - served.mean())}
    for name, values in columns.items():
        is_corrected = name.startswith(("corrected", "difference", "unequal"))
        kept = values[served] if is_corrected else values
        result[name] = float(kept.mean()) if kept.size else float("nan")
    return result


def _simulate_batch(
    cell: Cell, world: World, replicates: int, rng: np.random.Generator
) -> dict[str, Array]:
    first = (cell.sensitivity, cell.specificity)
    second = (cell.sensitivity * SECOND_SENSITIVITY, cell.specificity * SECOND_SPECIFICITY)
    effects = rng.standard_normal((3, replicates, world.groups))
    arms = [
        draw_arm(world, cell.rate, first, rng, effects),
        draw_arm(world, cell.rate * SECOND_RATE, second, rng, effects),
    ]
    is_own = cell.design in ("stratified", "random")
    pools = arms
    if not is_own:
        other = rng.standard_normal((3, replicates, world.groups))
        pools = [draw_arm(world, POOL_RATE, first, rng, other)] * 2
    is_stratified = cell.design in ("stratified", "shared")
    corrected, withheld = [], np.zeros(replicates, dtype=bool)
    for arm, pool in zip(arms, pools, strict=True):
        sums = draw_labels(pool, cell.labels, rng, is_stratified=is_stratified)
        rate, missing = correct(cell.design, arm, sums, rng)
        corrected.append(rate)
        withheld |= missing
    columns = {"served": (~withheld).astype(float)}
    low, high = corrected[0].interval()
    columns.update(_column("corrected", low, high, cell.rate))
    for name, positive in (("naive", arms[0].verdicts), ("oracle", arms[0].truth)):
        _, low, high = naive_interval(positive)
        columns.update(_column(name, low, high, cell.rate))
    if is_own:
        _, low, high = corrected[1].difference(corrected[0])
        columns.update(_column("difference", low, high, cell.rate * (SECOND_RATE - 1)))
    else:
        low, high = corrected[1].interval()
        columns.update(_column("unequal", low, high, cell.rate * SECOND_RATE))
    return columns


def _column(name: str, low: Array, high: Array, truth: float) -> dict[str, Array]:
    covers = (low <= truth + 1e-12) & (truth <= high + 1e-12)
    return {f"{name}_covers": covers.astype(float), f"{name}_width": high - low}


def cells(args: argparse.Namespace) -> Iterator[Cell]:
    """The cells of a run, in order."""
    axes = (args.designs, args.sensitivities, args.specificities, args.labels, args.rates)
    for design, sensitivity, specificity, labels, rate in itertools.product(*axes):
        yield Cell(
            design=design,
            sensitivity=sensitivity,
            specificity=specificity,
            labels=labels,
            rate=rate,
        )


def main(words: Sequence[str] | None = None) -> int:
    """Simulate every cell, print a line of JSON for each, and say which miss the goal."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--replications", type=int, default=2000)
    parser.add_argument("--designs", nargs="+", default=DESIGNS, choices=DESIGNS)
    parser.add_argument("--sensitivities", nargs="+", type=float, default=SENSITIVITIES)
    parser.add_argument("--specificities", nargs="+", type=float, default=SPECIFICITIES)
    parser.add_argument("--labels", nargs="+", type=int, default=LABELS)
    parser.add_argument("--rates", nargs="+", type=float, default=RATES)
    parser.add_argument("--groups", type=int, default=World().groups)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(words)
    missed = 0
    for cell in cells(args):
        begun = time.monotonic()
        world = World(groups=args.groups, answers=480 // args.groups)
        result = simulate(cell, world, args.replications, args.seed)
        covers = (result[name] for name in _PROMISED if name in result)
        missed += any(value < GOAL for value in covers)
        line = {**attrs.asdict(cell), **{name: round(value, 4) for name, value in result.items()}}
        print(json.dumps({**line, "seconds": round(time.monotonic() - begun, 1)}), flush=True)
    print(f"cells below {GOAL}: {missed}", file=sys.stderr)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
