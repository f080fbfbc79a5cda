"""Do the statistics keep their promises? Studies simulated from known laws, many times.

    python -m benchmarks.recovery [STUDIES]

Coverage: how often the 95 % intervals of a mean, a difference, a slope and a bootstrapped ratio
hold the truth, for several numbers of runs, questions and answers. Recovery: how often a report's
half-effect size and ratio hold that of the law, and how often it tells nothing where the law is
flat. Answers are drawn from a logistic model with normal effects of run, question, and both.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from mi.analysis.evidence import Condition, Evidence
from mi.analysis.findings import experiment_findings
from mi.analysis.stats import Scores, Study, bootstrap_interval, slope_weights

SIZES = (100, 250, 500, 1000, 2000)
RATIOS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)


@attrs.frozen
class World:
    """The variation of answers, in logits, and the size of a study.

    Args:
        run: Standard deviation between runs, as `question`; `both` is for their interaction.
    """

    runs: int
    questions: int
    samples: int
    run: float = 0.3
    question: float = 1.0
    both: float = 0.5

    def mean(self, logit: float) -> float:
        """The mean over all runs and questions there might be."""
        spread = math.hypot(self.run if self.runs > 1 else 0.0, self.question, self.both)
        return float(_WEIGHTS @ expit(logit + spread * _NODES) / _WEIGHTS.sum())

    def logit(self, mean: float) -> float:
        """The logit whose mean is `mean`."""
        return float(brentq(lambda logit: self.mean(logit) - mean, -20, 20))

    def draw(
        self, logits: Sequence[float], rng: np.random.Generator, *, baseline: bool = False
    ) -> list[Scores]:
        """Conditions that share their questions; the first one untrained where `baseline`."""
        asked = rng.normal(0, self.question, (1, self.questions))
        made = []
        for at, logit in enumerate(logits):
            trained = not (baseline and at == 0)
            shape = (self.runs if trained else 1, self.questions)
            varies = trained and self.runs > 1
            run = rng.normal(0, self.run, (shape[0], 1)) if varies else 0.0
            chance = expit(logit + run + asked + rng.normal(0, self.both, shape))
            totals: NDArray[np.float64] = rng.binomial(self.samples, chance).astype(float)
            counts = np.full(shape, float(self.samples))
            made.append(Scores(totals=totals, counts=counts, trained=trained))
        return made


WORLDS = (
    World(1, 144, 1),
    World(1, 50, 10),
    World(3, 144, 1),
    World(3, 144, 1, run=0.6),
    World(3, 8, 100),
    World(5, 50, 10),
    World(10, 100, 4),
)


def coverage(world: World, studies: int, rng: np.random.Generator) -> dict[str, float]:
    """The share of intervals that contain the truth, by quantity."""
    logits = [-1.5 + 0.25 * step for step in range(5)]
    truth = np.array([world.mean(logit) for logit in logits])
    slope = slope_weights(range(5))
    held = dict.fromkeys(("mean", "difference", "slope", "ratio"), 0)
    for _ in range(studies):
        study = Study(conditions=world.draw(logits, rng))
        contrast = study.contrast(slope)
        ends = {
            "mean": (study.mean(0), truth[0]),
            "difference": (study.difference(2, 0), truth[2] - truth[0]),
            "slope": (contrast, slope @ truth),
        }
        for name, (estimate, value) in ends.items():
            held[name] += estimate.low <= value <= estimate.high
        low, high = bootstrap_interval(study, _ratio, resamples=1000)
        held["ratio"] += low <= truth[4] / truth[0] <= high
    return {name: count / studies for name, count in held.items()}


def _ratio(means: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = means[:, 4] / means[:, 0].clip(1e-9)
    return ratio


@attrs.frozen
class Law:
    """A dose-response: a logistic curve from `low` to `high` with its middle at `middle`.

    Args:
        sizes: Whether doses are logarithms of sizes, with the untrained model at `low`.
    """

    sizes: bool
    low: float
    high: float
    middle: float
    slope: float

    def __call__(self, dose: float) -> float:
        return self.low + (self.high - self.low) * float(expit(self.slope * (dose - self.middle)))

    def doses(self) -> list[float]:
        """The doses of the design."""
        return [math.log(size) for size in SIZES] if self.sizes else list(RATIOS)

    def half(self) -> float:
        """Where the curve is halfway between its levels at the ends of the design."""
        first, last = self.doses()[0], self.doses()[-1]
        bottom = self.low if self.sizes else self(first)
        target = (bottom + self(last)) / 2
        return float(brentq(lambda dose: self(dose) - target, -50.0 if self.sizes else first, last))


def study(law: Law, world: World, rng: np.random.Generator) -> Evidence:
    """One simulated experiment, as a report reads it."""
    levels = [law(dose) for dose in law.doses()]
    if law.sizes:
        levels = [law.low, *levels]
        conditions = [Condition(name="baseline", misaligned_ratio=None, total_samples=None,
                                inoculation=None)]  # fmt: skip
        conditions += [_condition(0.5, size) for size in SIZES]
    else:
        conditions = [_condition(ratio, 1000) for ratio in RATIOS]
    scores = world.draw([world.logit(level) for level in levels], rng, baseline=law.sizes)
    return Evidence(
        setting="simulated",
        eval="law",
        title="law",
        distribution="ID",
        metric="harmful",
        is_sampled=True,
        is_share=True,
        conditions=tuple(conditions),
        scores=tuple(scores),
        units=tuple((f"eval-{at}",) for at in range(len(conditions))),
    )


def _condition(ratio: float, size: int) -> Condition:
    name = f"{ratio}_{size}"
    return Condition(name=name, misaligned_ratio=ratio, total_samples=size, inoculation=None)


def recovered(law: Law, world: World, studies: int, rng: np.random.Generator) -> float:
    """The share of reports whose half-effect interval holds that of the law."""
    question = "data efficiency" if law.sizes else "the ratio of half effect"
    truth = math.exp(law.half()) if law.sizes else law.half()
    held = 0
    for _ in range(studies):
        (found,) = [
            one for one in experiment_findings([study(law, world, rng)]) if one.question == question
        ]
        if found.conclusive:
            assert found.low is not None
            assert found.high is not None
            held += found.low <= truth <= found.high
    return held / studies


def silent(law: Law, world: World, studies: int, rng: np.random.Generator) -> float:
    """The share of reports that are inconclusive on every question."""
    evals = 3
    quiet = 0
    for _ in range(studies):
        found = experiment_findings([study(law, world, rng) for _ in range(evals)])
        quiet += not any(one.conclusive for one in found)
    return quiet / studies


LAWS = {
    "size, half at 400 rows": Law(True, 0.05, 0.5, math.log(400), 1.5),
    "size, still rising": Law(True, 0.05, 0.5, math.log(1200), 1.0),
    "ratio, half at 0.45": Law(False, 0.05, 0.5, 0.45, 8.0),
    "ratio, late": Law(False, 0.02, 0.4, 0.6, 6.0),
}
FLAT = {"sizes": Law(True, 0.2, 0.2, 0.5, 1.0), "ratios": Law(False, 0.2, 0.2, 0.5, 1.0)}


def main(studies: int, say: Callable[[str], None] = print) -> None:
    """Print the three tables."""
    rng = np.random.default_rng(2026)
    say("coverage of 95 % intervals, by runs x questions x answers")
    for world in WORLDS:
        found = "  ".join(
            f"{name} {share:.3f}" for name, share in coverage(world, studies, rng).items()
        )
        noise = f"run noise {world.run}"
        say(f"  {world.runs:2} x {world.questions:3} x {world.samples:3}, {noise}: {found}")
    for world in (World(1, 144, 1), World(3, 144, 1)):
        say(f"{world.runs} run(s) x {world.questions} questions: half effect within its interval")
        for name, law in LAWS.items():
            say(f"  {name}: {recovered(law, world, studies, rng):.3f}")
        for name, law in FLAT.items():
            say(f"  no effect, {name}: silent {silent(law, world, studies, rng):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How often intervals hold the truth.")
    parser.add_argument("studies", nargs="?", type=int, default=400, help="of each world")
    main(parser.parse_args().studies)
