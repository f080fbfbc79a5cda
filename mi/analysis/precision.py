"""How precise the scores of trained conditions are, and what a narrower interval would take.

The figures assume that everything else stays as it is: the number of seeds for a target width keeps
the groups and samples, the number of samples keeps the seeds and groups.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from .evidence import Evidence
from .stats import (
    minimum_detectable_effect,
    required_runs,
    required_samples,
    variance_components,
)


@attrs.frozen(kw_only=True)
class Precision:
    """The precision of one condition in one eval.

    Args:
        eval: The setting and the label of the eval.
        seeds: Trained runs.
        width: Width of the present 95 % interval of the mean.
        detectable: The difference between two such conditions that is found with 80 % power.
        required_seeds: Seeds for the target width; None if no number is enough.
        required_samples: Samples per group for the target width; None if no number is enough,
            or if the eval does not sample.
        is_sampled: Whether the eval samples answers.
    """

    eval: str
    condition: str
    seeds: int
    groups: int
    width: float
    detectable: float
    required_seeds: int | None
    required_samples: int | None
    is_sampled: bool


def precision(evidence: Evidence, target_width: float) -> Iterator[Precision]:
    """The precision of each trained condition of an eval."""
    for index in evidence.trained_indices():
        scores = evidence.scores[index]
        components = variance_components(scores, is_share=evidence.is_share)
        groups = int((scores.counts > 0).all(axis=0).sum())
        samples = scores.n / max(scores.runs * groups, 1)
        mean = evidence.study.mean(index)
        yield Precision(
            eval=f"{evidence.setting} {evidence.label}",
            condition=evidence.conditions[index].name,
            seeds=scores.runs,
            groups=groups,
            width=mean.high - mean.low,
            detectable=minimum_detectable_effect(components, scores.runs, groups, samples),
            required_seeds=required_runs(components, target_width, groups, samples),
            required_samples=(
                required_samples(components, target_width, scores.runs, groups)
                if evidence.is_sampled
                else None
            ),
            is_sampled=evidence.is_sampled,
        )
