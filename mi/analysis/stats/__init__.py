"""Statistics of scores: what a paper may say about them, and how sure it may be.

The replicate is the training run, not the answer: models trained with another seed differ more than
the answers of one model do, and answers to one question are not independent either. Whatever is
stated here, a mean, a difference, a slope, is one weighted sum of condition means, with one way to
its variance (`Study.contrast`). Numbers in, numbers out: nothing here knows of experiments.
"""

from .bootstrap import interval, resampled
from .dose_response import Half, half_effect
from .intervals import Estimate, holm, quantile, wilson
from .power import Components, components, detectable, runs_for, samples_for, width
from .scores import Scores
from .study import Study, slope_weights

__all__ = [
    "Components",
    "Estimate",
    "Half",
    "Scores",
    "Study",
    "components",
    "detectable",
    "half_effect",
    "holm",
    "interval",
    "quantile",
    "resampled",
    "runs_for",
    "samples_for",
    "slope_weights",
    "width",
    "wilson",
]
