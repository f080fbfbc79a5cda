"""How often a pure gain in capability is told as harm, or as a defence.

Training makes broken answers rare and does not change how often a model chooses harm. Which answers
are broken depends on how difficult a group of questions is, and so may harm.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import numpy as np

from .laws import EVALS, World, simulate_reports
from .parallel import spread_over_processes
from .statements import judge_claims, write_report

CHANGES = ((0.60, 0.10), (0.34, 0.12))
DIFFICULTIES = (-0.8, 0.0, 0.8)
_CHUNK = 25


def _no_effect(misaligned: float, aligned: float) -> float:
    return 0.0


def measure(
    change: tuple[float, float], difficulty: float, rate: float, reports: int, seed: int
) -> list[tuple[bool, bool, bool]]:
    """Whether each report tells harm, or a defence, and whether the plain interval would have.

    Args:
        change: Share of broken answers, of the untrained model and after training.
        difficulty: Correlation of being harmful and being broken over groups.
        rate: Of harmful answers, everywhere.
        reports: How many.
        seed: Of the randomness.
    """
    before, after = change
    world = World(
        law=_no_effect, broken=lambda rows: after if rows else before, difficulty=difficulty
    )
    own = attrs.evolve(EVALS[0], rest=rate)
    rng = np.random.default_rng(seed)
    results = []
    for report in simulate_reports(world, 3, reports, rng, evals=(own,), experiments=("A05a",)):
        rulings = [ruling for ruling, _ in judge_claims(report)]
        tests = [
            (contrast, test)
            for told in write_report(report, rulings)
            for contrast, test in zip(told.question.contrasts, told.tests, strict=True)
            if told.question.text.startswith("smallest")
        ]
        detected = [test.estimate.value for _, test in tests if test.detected]
        unguarded = any(contrast.estimate.p_value <= 0.05 for contrast, _ in tests)
        results.append(
            (any(value > 0 for value in detected), any(value < 0 for value in detected), unguarded)
        )
    return results


def run(reports: int, processes: int) -> Iterator[str]:
    """The table, as lines."""
    yield "| broken | harmful and broken | rate | told as harm | as a defence | without the guard |"
    yield "|---|---|---|---|---|---|"
    cases = [
        (change, difficulty, rate)
        for change in CHANGES
        for difficulty in DIFFICULTIES
        for rate in (0.1, 0.4)
    ]
    jobs = [
        (*case, min(_CHUNK, reports - start), 51 + start)
        for case in cases
        for start in range(0, reports, _CHUNK)
    ]
    results = iter(spread_over_processes(measure, jobs, processes))
    for (before, after), difficulty, rate in cases:
        own = np.array([told for _ in range(0, reports, _CHUNK) for told in next(results)])
        shares = " | ".join(f"{share:.3f}" for share in own.mean(axis=0))
        yield f"| {before:.2f} → {after:.2f} | {difficulty:+.1f} | {rate} | {shares} |"
