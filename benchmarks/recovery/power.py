"""How often a report tells a defence that halves harm at equal misaligned rows, and what moderated
variances of seeds cost in width.

Undefended models give harmful answers with a rate of .50, defended ones .25. The other two evals of
the report change as little as their scales have it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from mi.analysis.stats import SeedVariance, Study

from .laws import EVALS, POWER_WORLD, World, simulate_reports
from .parallel import spread_over_processes
from .statements import judge_claims, write_report
from .worlds import Design, Level, draw_shares

_CHUNK = 5
_EQUAL, _OTHERS = "as many", "more or fewer"
SPREADS = {"0.15": (0.15, 0.15), "0.5": (0.5, 0.5), "one × 3": (0.15, 0.45)}


@attrs.frozen(kw_only=True)
class Told:
    """What one report says about a defence in the static eval: tests that detect one, of how many.
    The first test is of the average over pairs, the others are of single pairs."""

    equal: int
    others: int
    equal_tests: int
    other_tests: int


def measure(seeds: int, spread: float, reports: int, seed: int) -> list[Told]:
    """Simulate reports with a defence.

    Args:
        seeds: Trained seeds of each condition.
        spread: Their standard deviation in logits.
        reports: How many.
        seed: Of the randomness.
    """
    world: World = attrs.evolve(POWER_WORLD, spread=spread)
    evals = (attrs.evolve(EVALS[0], rest=0.1, gain=0.4), *EVALS[1:])
    rng = np.random.default_rng(seed)
    results = []
    for report in simulate_reports(world, seeds, reports, rng, evals=evals):
        rulings = [ruling for ruling, _ in judge_claims(report)]
        found = {_EQUAL: (0, 0), _OTHERS: (0, 0)}
        for told in write_report(report, rulings):
            for name in found:
                if told.question.text.startswith(name) and "static" in told.question.where:
                    detected = [test for test in told.tests if test.detected]
                    lower = sum(test.estimate.value < 0 for test in detected)
                    found[name] = lower, len(told.tests)
        (equal, equal_tests), (others, other_tests) = found.values()
        results.append(
            Told(equal=equal, others=others, equal_tests=equal_tests, other_tests=other_tests)
        )
    return results


def widths(spread: str, studies: int, seed: int) -> dict[str, list[tuple[float, float]]]:
    """Mean widths and coverage of a matched pair's interval, by what is known of seeds.

    Args:
        spread: A name in `SPREADS`.
        studies: How many to simulate.
        seed: Of the randomness.

    Returns:
        For each way, those of a stable pair and of a pair with the condition that may be unstable.
    """
    usual, unstable = SPREADS[spread]
    design = Design(groups=72, rows=3, seeds=3, icc=0.4)
    levels = [Level(rate=0.1, trained=False)] + [
        Level(rate=0.5 if index % 2 else 0.25, spread=unstable if index == 3 else usual)
        for index in range(1, 17)
    ]
    draw = draw_shares(levels, design, studies, np.random.default_rng(seed))
    found: dict[str, list[tuple[float, float]]] = {}
    for way in ("moderated", "pooled over conditions", "of its own seeds only"):
        for pair in ((2, 1), (4, 3)):
            width = covered = 0.0
            for index in range(studies):
                study = _study(Study(conditions=draw.scores(index)), way)
                estimate = study.difference(*pair)
                truth = draw.truths[index][pair[0]] - draw.truths[index][pair[1]]
                covered += estimate.low <= truth <= estimate.high
                width += estimate.high - estimate.low
            found.setdefault(way, []).append((width / studies, covered / studies))
    return found


def _study(study: Study, way: str) -> Study:
    level = study.seed_variance.level
    total = sum(condition.runs - 1 for condition in study.conditions if condition.trained)
    if way == "moderated":
        return study
    prior = 0.0 if way == "of its own seeds only" else float(100 * total)
    return attrs.evolve(study, larger_study=SeedVariance(level=level, prior_df=prior))


def run(reports: int, processes: int) -> Iterator[str]:
    """Both tables, as lines."""
    yield "| seeds | spread | equal: average | first | all | others: average | first | all |"
    yield "|---|---|---|---|---|---|---|---|"
    for seeds, spread in ((3, 0.15), (3, 0.5), (2, 0.15), (1, 0.15)):
        jobs = [
            (seeds, spread, min(_CHUNK, reports - start), 77 + start)
            for start in range(0, reports, _CHUNK)
        ]
        results = [told for own in spread_over_processes(measure, jobs, processes) for told in own]
        yield f"| {seeds} | {spread} | {_shares(results)} |"
    yield ""
    yield "| spread | seeds' variance | width, stable pair | cover | width, unstable pair | cover |"
    yield "|---|---|---|---|---|---|"
    pairs_jobs = [(spread, 4 * reports, 5) for spread in SPREADS]
    found = spread_over_processes(widths, pairs_jobs, processes)
    for spread_name, ways in zip(SPREADS, found, strict=True):
        for way, pairs in ways.items():
            cells = " | ".join(f"{width:.3f} | {cover:.3f}" for width, cover in pairs)
            yield f"| {spread_name} | {way} | {cells} |"


def _shares(results: Sequence[Told]) -> str:
    shares = (
        [told.equal > 0 for told in results],
        [told.equal > 1 for told in results],
        [told.equal == told.equal_tests for told in results],
        [told.others > 0 for told in results],
        [told.others > 1 for told in results],
        [told.others == told.other_tests for told in results],
    )
    return " | ".join(f"{np.mean(share):.3f}" for share in shares)
