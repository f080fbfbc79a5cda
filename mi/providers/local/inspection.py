"""What is known of a model before its weights are loaded: its template and its architecture.

A plan shows it, refuses the units that would be computed wrongly, and spends nothing on them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from ...errors import MiError
from ...spec import Model
from ..template_files import read_template
from ..template_profile import profile_template
from ..types import ModelReport, Refusal
from .models import available_directory, read_model_config
from .self_check import SelfCheck, self_check

logger = logging.getLogger(__name__)

_PINNED = "its weights are pinned, and the first load compares them"
_TEMPLATE_HINT = "use an instruction-tuned model, or give its tokenizer a chat template that fits"


def inspect_model(
    model: Model, find_targets: Callable[[], tuple[str, ...]], *, checks: bool = True
) -> ModelReport:
    """What a model's folder says about training, scoring and sampling it.

    Args:
        model: The model.
        find_targets: Gives the names of the modules that get adapters.
        checks: Whether to check its architecture, which imports torch where it was not checked.
    """
    directory = available_directory(model)
    if directory is None:
        return ModelReport(details=("its template and architecture are checked once it is here",))
    details, refusals = _inspect_template(directory)
    try:
        config = read_model_config(directory / "config.json")
        check = self_check(config, find_targets()) if checks else SelfCheck(unchecked=_PINNED)
    except (MiError, OSError, ValueError) as error:  # the plan that needs it says so
        logger.info("the architecture of %s was not checked: %s", model.id, error)
        check = SelfCheck(unchecked=str(error))
    except Exception as error:
        logger.warning("the check of %s failed", model.id, exc_info=True)
        check = SelfCheck(unchecked=f"its check failed: {type(error).__name__}: {error}")
    if check.unchecked:
        details.append(f"its architecture was not checked: {check.unchecked}")
    elif not check.refusals:
        details.append(f"a small copy of {check.architecture} computes what it should")
    prefix = f"{check.architecture} is " if check.paths else ""
    notes = tuple(filter(None, (f"{prefix}{check.paths}", check.reach)))
    return ModelReport(
        notes=notes,
        refusals=(*refusals, *check.provider_refusals()),
        details=tuple(details),
    )


def _inspect_template(directory: Path) -> tuple[list[str], list[Refusal]]:
    """What the template does, and the work that it does not allow."""
    source = read_template(directory)
    if source is None:
        if not (directory / "tokenizer_config.json").is_file():
            return [], []  # not all of its files are here yet
        reason = "its tokenizer has no chat template"
        return [], _refuse(("train", "sample", "logprob"), reason)
    profile = profile_template(source)
    refusals = []
    if profile.problem:
        reason = f"its chat template cannot be used: {profile.problem}"
        refusals = _refuse(("train", "logprob"), reason)
    return [f"its chat template {finding}" for finding in profile.findings], refusals


def _refuse(capabilities: tuple[str, ...], reason: str) -> list[Refusal]:
    return [
        Refusal(capability=capability, reason=reason, hint=_TEMPLATE_HINT)
        for capability in capabilities
    ]
