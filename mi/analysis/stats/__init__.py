"""Statistics of scores: what a paper may say about them, and how sure it may be.

The replicate is the training run, not the answer: models trained with another seed differ more than
the answers of one model do, and answers to one question are not independent either. Whatever is
stated here, a mean, a difference, a slope, is one weighted sum of condition means, with one way to
its variance (`Study.contrast`). Numbers in, numbers out: nothing here knows of experiments.
"""

from .bootstrap import bootstrap_interval, bootstrap_means
from .dose_response import HalfEffect, fit_half_effect
from .intervals import Estimate, critical_value, holm_adjust, wilson_interval
from .power import (
    VarianceComponents,
    interval_width,
    minimum_detectable_effect,
    required_runs,
    required_samples,
    variance_components,
)
from .scores import Scores
from .study import Study, slope_weights

__all__ = [
    "Estimate",
    "HalfEffect",
    "Scores",
    "Study",
    "VarianceComponents",
    "bootstrap_interval",
    "bootstrap_means",
    "critical_value",
    "fit_half_effect",
    "holm_adjust",
    "interval_width",
    "minimum_detectable_effect",
    "required_runs",
    "required_samples",
    "slope_weights",
    "variance_components",
    "wilson_interval",
]
