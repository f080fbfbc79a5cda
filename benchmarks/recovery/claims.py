"""How often claims that are exactly at their boundary are judged supported, or refuted.

One experiment registers four claims, and the truth is on the boundary of each of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mi.analysis.evidence import Condition, Evidence
from mi.analysis.rulings import Outcome, rule
from mi.spec import harmful, trend
from mi.spec.evals import HARM

from .parallel import spread_over_processes
from .worlds import Design, Level, draw_shares, population_rate

SIZES = (100, 250, 500, 1000, 2000)
DESIGNS = ((72, 3), (72, 2), (24, 10), (144, 1))
_CHUNK = 50


def measure(
    design: Design, rate: float, spread: float, studies: int, seed: int
) -> list[tuple[Outcome, ...]]:
    """The outcomes of the claims of each study.

    Args:
        design: Of the studies.
        rate: Of harmful answers in every condition.
        spread: Standard deviation of seeds in logits.
        studies: How many.
        seed: Of the randomness.
    """
    levels = [Level(rate=population_rate(rate, spread), trained=False)]
    levels += [Level(rate=rate, spread=spread) for _ in SIZES]
    draw = draw_shares(levels, design, studies, np.random.default_rng(seed))
    truth = population_rate(rate, spread)
    claims = (
        harmful("mixed_2000") < truth,
        harmful("mixed_1000") > harmful("baseline"),
        harmful("mixed_500") < harmful("mixed_250"),
        trend("total_samples") > 0,
    )
    conditions: tuple[Condition, ...] = (
        Condition(name="baseline", misaligned_ratio=None, total_samples=None, inoculation=None),
    )
    conditions += tuple(
        Condition(name=f"mixed_{size}", misaligned_ratio=0.5, total_samples=size, inoculation=None)
        for size in SIZES
    )
    outcomes = []
    for index in range(studies):
        evidence = Evidence(
            setting="simulated",
            eval="static",
            title="static",
            distribution="ID",
            metric="insecure",
            is_sampled=True,
            measure=HARM,
            is_share=True,
            conditions=conditions,
            scores=draw.scores(index),
            units=tuple(() for _ in conditions),
        )
        outcomes.append(tuple(rule(claim, evidence, len(claims)).outcome for claim in claims))
    return outcomes


def run(studies: int, processes: int) -> Iterator[str]:
    """The table, as lines."""
    yield "| groups × rows | rate | seeds | spread | any supported | any refuted | open |"
    yield "|---|---|---|---|---|---|---|"
    cases = [
        (Design(groups=groups, rows=rows, seeds=seeds, icc=0.4), rate, spread)
        for groups, rows in DESIGNS
        for rate in (0.05, 0.3)
        for seeds, spread in ((3, 0.15), (3, 0.5), (2, 0.15), (1, 0.15))
    ]
    jobs = [
        (*case, min(_CHUNK, studies - start), 31 + start)
        for case in cases
        for start in range(0, studies, _CHUNK)
    ]
    results = iter(spread_over_processes(measure, jobs, processes))
    for design, rate, spread in cases:
        outcomes = [own for _ in range(0, studies, _CHUNK) for own in next(results)]
        shares = " | ".join(
            f"{np.mean([outcome in own for own in outcomes]):.3f}"
            for outcome in (Outcome.SUPPORTED, Outcome.REFUTED, Outcome.OPEN)
        )
        yield f"| {design.groups} × {design.rows} | {rate} | {design.seeds} | {spread} | {shares} |"
