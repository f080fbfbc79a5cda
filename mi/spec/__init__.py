"""What can be declared: frozen, keyword-only attrs classes that refuse nonsense when made.

A declaration holds values and names, never open files or connections: importing one does no I/O.
Every field belongs to a unit's identity unless it is made with `label`, so nobody has to remember
to leave something out. What only steers a run (paths, limits, concurrency) is `RunOptions`, a type
that never meets an identity.
"""

from .data import Arm, Dataset, Resource, Setting
from .evals import Bandit, Eval, Judge, Preference, Sampled, Sampling, Severity
from .experiment import Experiment, Pilot
from .model import Model, Training, Wheel
from .options import RunOptions

__all__ = [
    "Arm",
    "Bandit",
    "Dataset",
    "Eval",
    "Experiment",
    "Judge",
    "Model",
    "Pilot",
    "Preference",
    "Resource",
    "RunOptions",
    "Sampled",
    "Sampling",
    "Setting",
    "Severity",
    "Training",
    "Wheel",
]
