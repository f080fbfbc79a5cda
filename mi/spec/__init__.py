"""What can be declared: frozen, keyword-only attrs classes that validate their values.

A declaration holds values and names, never open files or connections, so importing one does no I/O.
Every field is part of a unit's identity unless it is a `label`: a new field can therefore not be
forgotten. What only steers a run (paths, limits, concurrency) is in `RunOptions`, which is never
part of an identity.
"""

from .axis import Axis, axis
from .checkpoints import Checkpoints
from .cluster import Cluster, ResourceRequest
from .context import PLAIN, TRAINING_FORMAT, TRIGGER, Context
from .curriculum import Curriculum, Part, Stage, SystemPrompt, Trigger
from .data import Arm, DataFile, Dataset, Inoculation, Resource, Setting, Upstream
from .evals import Eval, Preference, Published, Sampled, Sampling, judge_model
from .expect import Expect, between, harmful, prefers, trend
from .experiment import Experiment, Mark, Pilot
from .generated import Generated
from .judges import (
    Bandit,
    HardCoded,
    Judge,
    KnownAnswer,
    Misalignment,
    ModelJudge,
    Rubric,
    Severity,
    Unjudged,
    YesNo,
)
from .model import Model, Training, Wheel
from .options import RunOptions, is_url
from .quantities import Claim
from .ratings import Ratings, Scale
from .subject import Subject

__all__ = [
    "PLAIN",
    "TRAINING_FORMAT",
    "TRIGGER",
    "Arm",
    "Axis",
    "Bandit",
    "Checkpoints",
    "Claim",
    "Cluster",
    "Context",
    "Curriculum",
    "DataFile",
    "Dataset",
    "Eval",
    "Expect",
    "Experiment",
    "Generated",
    "HardCoded",
    "Inoculation",
    "Judge",
    "KnownAnswer",
    "Mark",
    "Misalignment",
    "Model",
    "ModelJudge",
    "Part",
    "Pilot",
    "Preference",
    "Published",
    "Ratings",
    "Resource",
    "ResourceRequest",
    "Rubric",
    "RunOptions",
    "Sampled",
    "Sampling",
    "Scale",
    "Setting",
    "Severity",
    "Stage",
    "Subject",
    "SystemPrompt",
    "Training",
    "Trigger",
    "Unjudged",
    "Upstream",
    "Wheel",
    "YesNo",
    "axis",
    "between",
    "harmful",
    "is_url",
    "judge_model",
    "prefers",
    "trend",
]
