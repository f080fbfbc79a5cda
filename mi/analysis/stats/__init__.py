"""Statistics of scores: effects, their intervals and their tests.

The replicate is the training run, not the answer: models trained with different seeds differ more
than the answers of one model do, and answers to one question are not independent. Every statement
(a mean, a difference, a slope) is one weighted sum of condition means, whose variance is estimated
in one way (`Study.contrast`). This package takes and returns numbers; it does not know experiments.
"""

from .bootstrap import bootstrap_interval, bootstrap_means
from .dose_response import HalfEffect, fit_half_effect, slope_weights
from .intervals import ALPHA, Estimate, critical_value, holm_adjust, t_interval, wilson_interval
from .power import (
    VarianceComponents,
    interval_width,
    minimum_detectable_effect,
    required_runs,
    required_samples,
    variance_components,
)
from .scores import Scores
from .study import Study

__all__ = [
    "ALPHA",
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
    "t_interval",
    "variance_components",
    "wilson_interval",
]
