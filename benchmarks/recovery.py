"""Coverage and recovery of the statistics, in studies simulated from known dose-response curves.

    python -m benchmarks.recovery [STUDIES]

Coverage: how often the 95 % intervals of a mean, a difference, a slope and a bootstrapped ratio
contain the truth, for several numbers of runs, questions and answers. Recovery: how often a
report's half-effect size and ratio contain the true one, and how often it is inconclusive
throughout on a flat curve. Answers are drawn from a logistic model with normal effects of run,
question, and both.
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
from mi.spec.evals import HARM

SIZES = (100, 250, 500, 1000, 2000)
RATIOS = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)


@attrs.frozen
class StudyDesign:
    """The numbers of runs, questions and answers, and the effects that vary, in logits.

    Args:
        samples: Answers per question and run.
        run: Standard deviation between runs.
        question: Standard deviation between questions.
        interaction: Standard deviation of a run on one question.
    """

    runs: int
    questions: int
    samples: int
    run: float = 0.3
    question: float = 1.0
    interaction: float = 0.5

    def mean(self, logit: float) -> float:
        """The mean over the population of runs and questions."""
        spread = math.hypot(self.run if self.runs > 1 else 0.0, self.question, self.interaction)
        return float(_WEIGHTS @ expit(logit + spread * _NODES) / _WEIGHTS.sum())

    def logit(self, mean: float) -> float:
        """The logit whose mean is `mean`."""
        return float(brentq(lambda logit: self.mean(logit) - mean, -20, 20))

    def draw(
        self, logits: Sequence[float], rng: np.random.Generator, *, baseline: bool = False
    ) -> list[Scores]:
        """Draw the scores of conditions that share their questions.

        Args:
            logits: One per condition.
            rng: The source of randomness.
            baseline: The first condition is the untrained model, which has one run.
        """
        question_effects = rng.normal(0, self.question, (1, self.questions))
        scores = []
        for index, logit in enumerate(logits):
            trained = not (baseline and index == 0)
            shape = (self.runs if trained else 1, self.questions)
            has_run_effects = trained and self.runs > 1
            run = rng.normal(0, self.run, (shape[0], 1)) if has_run_effects else 0.0
            chance = expit(logit + run + question_effects + rng.normal(0, self.interaction, shape))
            totals: NDArray[np.float64] = rng.binomial(self.samples, chance).astype(float)
            counts = np.full(shape, float(self.samples))
            scores.append(Scores(totals=totals, counts=counts, trained=trained))
        return scores


DESIGNS = (
    StudyDesign(1, 144, 1),
    StudyDesign(1, 50, 10),
    StudyDesign(3, 144, 1),
    StudyDesign(3, 144, 1, run=0.6),
    StudyDesign(3, 8, 100),
    StudyDesign(5, 50, 10),
    StudyDesign(10, 100, 4),
)


def coverage(design: StudyDesign, studies: int, rng: np.random.Generator) -> dict[str, float]:
    """The share of intervals that contain the truth, by estimate.

    Args:
        design: The simulated studies.
        studies: How many to simulate.
        rng: The source of randomness.
    """
    logits = [-1.5 + 0.25 * step for step in range(5)]
    truth = np.array([design.mean(logit) for logit in logits])
    slope = slope_weights(range(5))
    covered = dict.fromkeys(("mean", "difference", "slope", "ratio"), 0)
    for _ in range(studies):
        study = Study(conditions=design.draw(logits, rng))
        contrast = study.contrast(slope)
        estimates = {
            "mean": (study.mean(0), truth[0]),
            "difference": (study.difference(2, 0), truth[2] - truth[0]),
            "slope": (contrast, slope @ truth),
        }
        for name, (estimate, value) in estimates.items():
            covered[name] += estimate.low <= value <= estimate.high
        low, high = bootstrap_interval(study, _ratio, resamples=1000)
        covered["ratio"] += low <= truth[4] / truth[0] <= high
    return {name: count / studies for name, count in covered.items()}


def _ratio(means: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = means[:, 4] / means[:, 0].clip(1e-9)
    return ratio


@attrs.frozen
class DoseResponse:
    """A logistic curve from `low` to `high` with its middle at `middle`.

    Args:
        is_size: Doses are logarithms of sizes, and the untrained model is at `low`.
    """

    is_size: bool
    low: float
    high: float
    middle: float
    slope: float

    def __call__(self, dose: float) -> float:
        return self.low + (self.high - self.low) * float(expit(self.slope * (dose - self.middle)))

    def doses(self) -> list[float]:
        """The doses of the design."""
        return [math.log(size) for size in SIZES] if self.is_size else list(RATIOS)

    def half_effect(self) -> float:
        """The dose at which the curve is halfway between its levels at the ends of the design."""
        first, last = self.doses()[0], self.doses()[-1]
        bottom = self.low if self.is_size else self(first)
        target = (bottom + self(last)) / 2
        return float(
            brentq(lambda dose: self(dose) - target, -50.0 if self.is_size else first, last)
        )


def simulate_study(curve: DoseResponse, design: StudyDesign, rng: np.random.Generator) -> Evidence:
    """One simulated experiment, as a report reads it.

    Args:
        curve: The dose-response.
        design: Its runs, questions and answers.
        rng: The source of randomness.
    """
    levels = [curve(dose) for dose in curve.doses()]
    if curve.is_size:
        levels = [curve.low, *levels]
        conditions = [Condition(name="baseline", misaligned_ratio=None, total_samples=None,
                                inoculation=None)]  # fmt: skip
        conditions += [_condition(0.5, size) for size in SIZES]
    else:
        conditions = [_condition(ratio, 1000) for ratio in RATIOS]
    scores = design.draw([design.logit(level) for level in levels], rng, baseline=curve.is_size)
    return Evidence(
        setting="simulated",
        eval="law",
        title="law",
        distribution="ID",
        metric="harmful",
        is_sampled=True,
        measure=HARM,
        is_share=True,
        conditions=tuple(conditions),
        scores=tuple(scores),
        units=tuple((f"eval-{index}",) for index in range(len(conditions))),
    )


def _condition(ratio: float, size: int) -> Condition:
    name = f"{ratio}_{size}"
    return Condition(name=name, misaligned_ratio=ratio, total_samples=size, inoculation=None)


def recovery(
    curve: DoseResponse, design: StudyDesign, studies: int, rng: np.random.Generator
) -> float:
    """The share of reports whose half-effect interval contains that of the curve.

    Args:
        curve: The dose-response.
        design: The simulated studies.
        studies: How many to simulate.
        rng: The source of randomness.
    """
    question = "data efficiency" if curve.is_size else "the ratio of half effect"
    truth = math.exp(curve.half_effect()) if curve.is_size else curve.half_effect()
    covered = 0
    for _ in range(studies):
        (finding,) = [
            candidate
            for candidate in experiment_findings([simulate_study(curve, design, rng)])
            if candidate.question == question
        ]
        if finding.conclusive:
            assert finding.low is not None
            assert finding.high is not None
            covered += finding.low <= truth <= finding.high
    return covered / studies


def specificity(
    curve: DoseResponse, design: StudyDesign, studies: int, rng: np.random.Generator
) -> float:
    """The share of reports that are inconclusive on every question.

    Args:
        curve: A flat dose-response.
        design: The simulated studies.
        studies: How many to simulate.
        rng: The source of randomness.
    """
    evals = 3
    inconclusive = 0
    for _ in range(studies):
        findings = experiment_findings([simulate_study(curve, design, rng) for _ in range(evals)])
        inconclusive += not any(finding.conclusive for finding in findings)
    return inconclusive / studies


CURVES = {
    "size, half at 400 rows": DoseResponse(True, 0.05, 0.5, math.log(400), 1.5),
    "size, still rising": DoseResponse(True, 0.05, 0.5, math.log(1200), 1.0),
    "ratio, half at 0.45": DoseResponse(False, 0.05, 0.5, 0.45, 8.0),
    "ratio, late": DoseResponse(False, 0.02, 0.4, 0.6, 6.0),
}
FLAT_CURVES = {
    "sizes": DoseResponse(True, 0.2, 0.2, 0.5, 1.0),
    "ratios": DoseResponse(False, 0.2, 0.2, 0.5, 1.0),
}


def main(studies: int, print_line: Callable[[str], None] = print) -> None:
    """Print the three tables."""
    rng = np.random.default_rng(2026)
    print_line("coverage of 95 % intervals, by runs x questions x answers")
    for design in DESIGNS:
        shares = "  ".join(
            f"{name} {share:.3f}" for name, share in coverage(design, studies, rng).items()
        )
        noise = f"run noise {design.run}"
        print_line(
            f"  {design.runs:2} x {design.questions:3} x {design.samples:3}, {noise}: {shares}"
        )
    for design in (StudyDesign(1, 144, 1), StudyDesign(3, 144, 1)):
        print_line(
            f"{design.runs} run(s) x {design.questions} questions: half effect within its interval"
        )
        for name, curve in CURVES.items():
            print_line(f"  {name}: {recovery(curve, design, studies, rng):.3f}")
        for name, curve in FLAT_CURVES.items():
            print_line(
                f"  no effect, {name}: inconclusive {specificity(curve, design, studies, rng):.3f}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How often intervals hold the truth.")
    parser.add_argument("studies", nargs="?", type=int, default=400, help="of each world")
    main(parser.parse_args().studies)
