"""Statistics of scores: effects, their intervals and their tests.

There are two units of evidence: the training run, because models trained with different seeds
differ more than the answers of one model do, and the group of questions, because answers to one
scenario are not independent. Every statement (a mean, a difference, a slope) is one weighted sum of
condition means, whose variance is estimated in one way (`Study.contrast`). This package takes and
returns numbers; it does not know experiments.
"""

from .calibration import (
    CorrectedRate,
    JudgeErrors,
    LabelSums,
    draws_interval,
    effective_answers,
    is_informative,
    judge_errors,
    prediction_powered,
    rogan_gladen,
    share_draws,
)
from .dose_response import HalfEffect, fit_half_effect, slope_weights
from .intervals import (
    ALPHA,
    Estimate,
    critical_value,
    interval_half_width,
    share_interval,
    wilson_interval,
)
from .power import (
    VarianceComponents,
    interval_width,
    minimum_detectable_effect,
    planned_difference,
    required_runs,
    required_samples,
    variance_components,
)
from .runs import RunSummaries, run_summaries
from .score_batch import ScoresBatch
from .scores import RunSums, Scores, build_scores, group_columns
from .seed_variance import SeedVariance, estimate_seed_variance
from .study import Study
from .study_batch import EstimateBatch, StudyBatch

__all__ = [
    "ALPHA",
    "CorrectedRate",
    "Estimate",
    "EstimateBatch",
    "HalfEffect",
    "JudgeErrors",
    "LabelSums",
    "RunSummaries",
    "RunSums",
    "Scores",
    "ScoresBatch",
    "SeedVariance",
    "Study",
    "StudyBatch",
    "VarianceComponents",
    "build_scores",
    "critical_value",
    "draws_interval",
    "effective_answers",
    "estimate_seed_variance",
    "fit_half_effect",
    "group_columns",
    "interval_half_width",
    "interval_width",
    "is_informative",
    "judge_errors",
    "minimum_detectable_effect",
    "planned_difference",
    "prediction_powered",
    "required_runs",
    "required_samples",
    "rogan_gladen",
    "run_summaries",
    "share_draws",
    "share_interval",
    "slope_weights",
    "variance_components",
    "wilson_interval",
]
