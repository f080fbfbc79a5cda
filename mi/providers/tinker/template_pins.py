"""What is pinned in the chat templates of models that are trained through the Tinker API.

The switch of a thinking model has always been off here, so it enters no key. The date that a
template prints does. A plan loads no tokenizer: it reads the template from the tokenizer's folder,
or from the cache, which keeps every template whose pins were not known when a run was planned.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...files import atomic
from ...files.cache import cache_root
from ...units.identity import digest
from ..template_files import TemplateSource, read_template
from ..template_profile import DATE, Pin, TemplateProfile, profile_template


def tokenizer_directory(source: str | None) -> Path | None:
    """The folder that a tokenizer is loaded from; None if `source` names something else."""
    path = None if source is None else Path(source).expanduser()
    return path if path is not None and (path / "tokenizer_config.json").is_file() else None


def planned_pins(endpoint: Mapping[str, Any], model: str) -> tuple[Pin, ...]:
    """The pins of a model's template, as far as they are known without the network.

    Args:
        endpoint: The endpoint's settings.
        model: The base model's name.
    """
    source = endpoint.get("tokenizer") or endpoint.get("base_model") or model
    directory = tokenizer_directory(source)
    template = read_template(directory) if directory else _read_kept_template(source)
    return () if template is None else keyed_pins(profile_template(template))


def keyed_pins(profile: TemplateProfile) -> tuple[Pin, ...]:
    """The pins that enter keys."""
    return tuple(pin for pin in profile.pins if pin[0] == DATE)


def keep_template(source: str, template: TemplateSource) -> None:
    """Keep a template that was loaded, for the plans of later commands."""
    path = _kept_path(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = atomic.temporary_path(path)
    content = {"text": template.text, "special_tokens": template.special_tokens}
    temporary.write_text(json.dumps(content), encoding="utf-8")
    os.replace(temporary, path)


def _read_kept_template(source: str) -> TemplateSource | None:
    try:
        content = json.loads(_kept_path(source).read_text(encoding="utf-8"))
        tokens = tuple((str(name), str(text)) for name, text in content["special_tokens"])
        return TemplateSource(str(content["text"]), tokens)
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _kept_path(source: str) -> Path:
    return cache_root() / "templates" / f"{digest(source)[:16]}.json"
