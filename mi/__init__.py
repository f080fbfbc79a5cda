"""mi: declared fine-tuning experiments on what makes language models misaligned.

An experiment is a frozen object. The runner turns it into mix, train and eval units, which are done
once and shared by all experiments; one DuckDB file holds every result.
"""

from typing import TYPE_CHECKING, Any

from .database.results import results
from .errors import DeclarationError, MiError
from .spec import (
    Arm,
    Bandit,
    Checkpoints,
    Context,
    Curriculum,
    DataFile,
    Dataset,
    Expect,
    Experiment,
    Generated,
    HardCoded,
    Inoculation,
    KnownAnswer,
    Mark,
    Misalignment,
    Model,
    Part,
    Pilot,
    Preference,
    Published,
    Ratings,
    Resource,
    Rubric,
    Sampled,
    Sampling,
    Scale,
    Setting,
    Severity,
    Stage,
    Subject,
    SystemPrompt,
    Training,
    Trigger,
    Unjudged,
    Upstream,
    Wheel,
    YesNo,
    axis,
    between,
    harmful,
    prefers,
    trend,
)
from .version import __version__

if TYPE_CHECKING:
    import registry as registry

__all__ = [
    "Arm",
    "Bandit",
    "Checkpoints",
    "Context",
    "Curriculum",
    "DataFile",
    "Dataset",
    "DeclarationError",
    "Expect",
    "Experiment",
    "Generated",
    "HardCoded",
    "Inoculation",
    "KnownAnswer",
    "Mark",
    "MiError",
    "Misalignment",
    "Model",
    "Part",
    "Pilot",
    "Preference",
    "Published",
    "Ratings",
    "Resource",
    "Rubric",
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
    "__version__",
    "axis",
    "between",
    "harmful",
    "prefers",
    "results",
    "trend",
]


def __getattr__(name: str) -> Any:
    """Load the registry on first use; `from mi import registry` always names the shipped one."""
    if name == "registry":
        from .plugins import load_registry

        return load_registry()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
