"""What can be declared: frozen, keyword-only attrs classes that refuse nonsense when made.

A declaration holds values and names, never open files or connections: importing one does no I/O.
Every field belongs to a unit's identity unless it is made with `label`, so nobody has to remember
to leave something out. What only steers a run (paths, limits, concurrency) is `RunOptions`, a type
that never meets an identity.
"""

from .cluster import Cluster, ResourceRequest
from .data import Arm, Dataset, Inoculation, Resource, Setting, Upstream
from .evals import Eval, Preference, Published, Sampled, Sampling, judge_model
from .expect import Claim, Expect, between, harmful, prefers, trend
from .experiment import Experiment, Mark, Pilot
from .judges import Bandit, HardCoded, Judge, Misalignment, ModelJudge, Rubric, Severity, YesNo
from .model import Model, Training, Wheel
from .options import RunOptions, is_url

__all__ = [
    "Arm",
    "Bandit",
    "Claim",
    "Cluster",
    "Dataset",
    "Eval",
    "Expect",
    "Experiment",
    "HardCoded",
    "Inoculation",
    "Judge",
    "Mark",
    "Misalignment",
    "Model",
    "ModelJudge",
    "Pilot",
    "Preference",
    "Published",
    "Resource",
    "ResourceRequest",
    "Rubric",
    "RunOptions",
    "Sampled",
    "Sampling",
    "Setting",
    "Severity",
    "Training",
    "Upstream",
    "Wheel",
    "YesNo",
    "between",
    "harmful",
    "is_url",
    "judge_model",
    "prefers",
    "trend",
]
