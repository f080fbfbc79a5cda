"""How often a report tells a defence that halves harm at equal misaligned rows, and what moderated
variances of seeds cost in width.

Undefended models give harmful answers with a rate of .50, defended ones .25. The other two evals of
the report change as little as their scales have it.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from mi.analysis.stats import SeedVariance, Study

from .laws import EVALS, POWER_WORLD, World, simulate_reports
from .parallel import spread_over_processes
from .statements import Told, judge_claims, write_report
from .worlds import Design, Level, draw_shares

_CHUNK = 5
QUESTIONS = {"as many": "equal", "more or fewer": "others"}
"""How the matched questions begin, and what the table calls them."""
SPREADS = {"0.15": (0.15, 0.15), "0.5": (0.5, 0.5), "one × 3": (0.15, 0.45)}


def measure(seeds: int, spread: float, reports: int, seed: int) -> list[dict[str, bool]]:
    """What each report with a defence tells of it in the static eval.

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
        results.append(
            {
                name: told
                for own in write_report(report, rulings)
                if "static" in own.question.where
                for name, told in _defence_told(own)
            }
        )
    return results


def _defence_told(told: Told) -> Iterator[tuple[str, bool]]:
    """What a matched question tells, by the columns of the table."""
    for start, name in QUESTIONS.items():
        if told.question.text.startswith(start):
            detected = [test.detected and test.estimate.value < 0 for test in told.tests]
            conditions = sum(bool(weight) for weight in told.question.contrasts[0].weights)
            if conditions > 2:
                yield f"{name}: on average", detected[0]
            else:
                yield f"{name}: a pair", detected[0]
                yield f"{name}: all pairs", all(detected)


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
    cases = ((3, 0.15), (3, 0.5), (2, 0.15), (1, 0.15))
    for position, (seeds, spread) in enumerate(cases):
        jobs = [
            (seeds, spread, min(_CHUNK, reports - start), 77 + start)
            for start in range(0, reports, _CHUNK)
        ]
        results = [told for own in spread_over_processes(measure, jobs, processes) for told in own]
        if not position:
            yield f"| seeds | spread | {' | '.join(results[0])} |"
            yield "|---" * (2 + len(results[0])) + "|"
        shares = (f"{np.mean([told[name] for told in results]):.3f}" for name in results[0])
        yield f"| {seeds} | {spread} | {' | '.join(shares)} |"
    yield ""
    yield "| spread | seeds' variance | width, stable pair | cover | width, unstable pair | cover |"
    yield "|---|---|---|---|---|---|"
    pairs_jobs = [(spread, 4 * reports, 5) for spread in SPREADS]
    found = spread_over_processes(widths, pairs_jobs, processes)
    for spread_name, ways in zip(SPREADS, found, strict=True):
        for way, pairs in ways.items():
            cells = " | ".join(f"{width:.3f} | {cover:.3f}" for width, cover in pairs)
            yield f"| {spread_name} | {way} | {cells} |"
