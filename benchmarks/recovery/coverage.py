"""How often 95 % intervals cover the truth, cell by cell.

A cell is a kind of study and a kind of estimate. With two or more seeds the truth is the mean over
the population of groups and seeds; with one it is the mean of these models over the groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import attrs
import numpy as np
from scipy.special import expit, logit

from mi.analysis.stats import Estimate, Study, slope_weights

from .parallel import spread_over_processes
from .worlds import Design, Draw, Level, draw_margins, draw_shares

DESIGNS = ((8, 50), (16, 9), (36, 4), (72, 2), (144, 1))
"""Groups and rows in each."""
ICCS = (0.0, 0.5, 0.95)
SEEDS = (1, 2, 3)
RATES: tuple[float | None, ...] = (0.01, 0.05, 0.3, None)
"""Of the lowest condition; None: a margin."""
SPREADS = {"none": (0.0, 0.0), "0.15": (0.15, 0.15), "0.5": (0.5, 0.5), "one × 3": (0.15, 0.45)}
"""Standard deviation of seeds in logits, and that of one condition of six."""
_STEPS = (0.0, 0.0, 0.25, 0.5, 0.5, 0.75)
_UNSTABLE = 3
_MARGIN_UNIT = 0.2
_TARGET = 0.93
_AGAIN = 6


@attrs.frozen(kw_only=True)
class Kind:
    """A kind of study: a cell without the estimate."""

    groups: int
    rows: int
    icc: float
    seeds: int
    spread: str
    rate: float | None
    seed_correlation: float = 0.0

    def draw(self, studies: int, rng: np.random.Generator) -> Draw:
        """Studies of a baseline and five conditions, of which one may be unstable."""
        usual, unstable = SPREADS[self.spread]
        design = Design(
            groups=self.groups,
            rows=self.rows,
            seeds=self.seeds,
            icc=self.icc,
            seed_correlation=self.seed_correlation,
        )
        spreads = [unstable if index == _UNSTABLE else usual for index in range(len(_STEPS))]
        if self.rate is None:
            levels = [
                Level(rate=_MARGIN_UNIT * step, spread=_MARGIN_UNIT * spread, trained=index > 0)
                for index, (step, spread) in enumerate(zip(_STEPS, spreads, strict=True))
            ]
            return draw_margins(levels, design, studies, rng)
        levels = [
            Level(rate=float(expit(logit(self.rate) + step)), spread=spread, trained=index > 0)
            for index, (step, spread) in enumerate(zip(_STEPS, spreads, strict=True))
        ]
        return draw_shares(levels, design, studies, rng)


@attrs.frozen(kw_only=True)
class Cell:
    """The coverage of one estimate in one kind of study."""

    kind: Kind
    estimate: str
    coverage: float
    width: float
    studies: int


def estimates(study: Study) -> Iterator[tuple[str, Estimate, np.ndarray]]:
    """The estimates that are checked, with their weights."""
    count = len(study.conditions)
    unit = np.eye(count)
    slope = np.zeros(count)
    slope[1:] = slope_weights(range(count - 1))
    yield "mean", study.mean(1), unit[1]
    yield "mean of the unstable", study.mean(_UNSTABLE), unit[_UNSTABLE]
    contrasts = {
        "difference": unit[1] - unit[0],
        "difference of the unstable": unit[_UNSTABLE] - unit[0],
        "matched pair": unit[2] - unit[1],
        "matched pair with the unstable": unit[_UNSTABLE] - unit[1],
        "slope": slope,
    }
    for name, weights in contrasts.items():
        yield name, study.contrast(weights), weights


def measure(kind: Kind, studies: int, seed: int) -> list[Cell]:
    """The coverage in one kind of study.

    Args:
        kind: Of the studies.
        studies: How many to simulate.
        seed: Of the randomness.
    """
    draw = kind.draw(studies, np.random.default_rng(seed))
    covered: dict[str, int] = {}
    width: dict[str, float] = {}
    for index in range(studies):
        study = Study(conditions=draw.scores(index), is_share=kind.rate is not None)
        for name, estimate, weights in estimates(study):
            truth = float(weights @ draw.truths[index])
            is_covered = estimate.low <= truth <= estimate.high
            covered[name] = covered.get(name, 0) + is_covered
            width[name] = width.get(name, 0.0) + estimate.high - estimate.low
    return [
        Cell(
            kind=kind,
            estimate=name,
            coverage=covered[name] / studies,
            width=width[name] / studies,
            studies=studies,
        )
        for name in covered
    ]


def kinds(*, quick: bool = False) -> list[Kind]:
    """All kinds of studies; for one seed the spread of seeds is part of the truth."""
    found = []
    step = 2 if quick else 1
    designs, iccs, rates = DESIGNS[::step], ICCS[::step], RATES[1::step] if quick else RATES
    for (groups, rows), icc, seeds, spread, rate in product(designs, iccs, SEEDS, SPREADS, rates):
        if rows == 1 and icc != iccs[-1]:
            continue  # one answer in each group: the correlation does not matter
        if seeds == 1 and spread != "0.15":
            continue
        found.append(Kind(groups=groups, rows=rows, icc=icc, seeds=seeds, spread=spread, rate=rate))
    return found


def run(studies: int, processes: int, *, quick: bool = False) -> list[Cell]:
    """The coverage of every cell. A cell below the target is measured again, by more and fresh
    studies, since the least of hundreds of shares is low by chance."""
    every = kinds(quick=quick)
    jobs = [(kind, studies, seed) for seed, kind in enumerate(every)]
    cells = [cell for own in spread_over_processes(measure, jobs, processes) for cell in own]
    doubtful = list(dict.fromkeys(cell.kind for cell in cells if cell.coverage < _TARGET))
    again = [(kind, _AGAIN * studies, 10_000 + seed) for seed, kind in enumerate(doubtful)]
    fresh = {
        (cell.kind, cell.estimate): cell
        for own in spread_over_processes(measure, again, processes)
        for cell in own
    }
    return [fresh.get((cell.kind, cell.estimate), cell) for cell in cells]


def table(cells: list[Cell]) -> Iterator[str]:
    """The lowest and the median coverage and the cells below the target, by seeds and estimate."""
    yield "| seeds | estimate | cells | min | median | below .93 |"
    yield "|---|---|---|---|---|---|"
    names = list(dict.fromkeys(cell.estimate for cell in cells))
    for seeds in SEEDS:
        for name in ("all", *names):
            own = [c for c in cells if c.kind.seeds == seeds and name in ("all", c.estimate)]
            values = np.array([cell.coverage for cell in own])
            yield (
                f"| {seeds} | {name} | {len(own)} | {values.min():.3f} | {np.median(values):.3f} "
                f"| {(values < _TARGET).sum()} |"
            )
    worst = sorted((c for c in cells if c.coverage < _TARGET), key=lambda cell: cell.coverage)
    for cell in worst[:40]:
        kind = cell.kind
        yield (
            f"{cell.coverage:.3f} of {cell.studies}: {cell.estimate}, {kind.seeds} seed(s), "
            f"{kind.groups} × {kind.rows}, ICC {kind.icc}, spread {kind.spread}, rate {kind.rate}"
        )
