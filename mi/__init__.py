"""mi: declared fine-tuning experiments on what makes language models misaligned.

An experiment is a frozen object; the runner turns it into mix, train and eval units that are done
once, whoever needs them; one DuckDB file holds every result.
"""

from .errors import DeclarationError, MiError
from .spec import (
    Arm,
    Bandit,
    Dataset,
    Expect,
    Experiment,
    HardCoded,
    Inoculation,
    Misalignment,
    Model,
    Pilot,
    Preference,
    Published,
    Resource,
    Rubric,
    Sampled,
    Sampling,
    Setting,
    Severity,
    Training,
    Upstream,
    Wheel,
    YesNo,
    between,
    harmful,
    prefers,
    trend,
)
from .table import results

__all__ = [
    "Arm",
    "Bandit",
    "Dataset",
    "DeclarationError",
    "Expect",
    "Experiment",
    "HardCoded",
    "Inoculation",
    "MiError",
    "Misalignment",
    "Model",
    "Pilot",
    "Preference",
    "Published",
    "Resource",
    "Rubric",
    "Sampled",
    "Sampling",
    "Setting",
    "Severity",
    "Training",
    "Upstream",
    "Wheel",
    "YesNo",
    "__version__",
    "between",
    "harmful",
    "prefers",
    "results",
    "trend",
]
