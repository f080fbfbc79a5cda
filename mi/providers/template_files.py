"""The chat template and the special tokens in a model's folder, read without its tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

TEMPLATE_FILES = ("chat_template.jinja", "tokenizer_config.json", "special_tokens_map.json")
"""The files that these functions read."""
_SPECIAL_TOKENS = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")


@attrs.frozen
class TemplateSource:
    """A chat template as its author published it.

    Args:
        text: The template.
        special_tokens: The tokenizer's special tokens by name, as the template reads them.
    """

    text: str
    special_tokens: tuple[tuple[str, str], ...] = ()


def read_template(directory: Path) -> TemplateSource | None:
    """The chat template of the tokenizer in a folder; None if it has none.

    A file `chat_template.jinja` has precedence over the tokenizer's configuration, as it has for
    `transformers`. Of several templates the one called `default` is taken.
    """
    config = _read_json(directory / "tokenizer_config.json")
    try:
        text: str | None = (directory / "chat_template.jinja").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = default_template(config.get("chat_template"))
    if not text:
        return None
    tokens = {**_read_json(directory / "special_tokens_map.json"), **config}
    return TemplateSource(text, special_tokens(tokens))


def default_template(value: Any) -> str | None:
    """The template that chats without tools use, of one or of several named ones."""
    if isinstance(value, list):
        value = {
            entry.get("name"): entry.get("template") for entry in value if isinstance(entry, dict)
        }
    if isinstance(value, Mapping):
        value = value.get("default")
    return value if isinstance(value, str) else None


def special_tokens(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The special tokens among a tokenizer's settings, as sorted names and texts."""
    tokens = {}
    for name in _SPECIAL_TOKENS:
        value = values.get(f"{name}_token")
        text = value.get("content") if isinstance(value, Mapping) else value
        if text is not None:
            tokens[f"{name}_token"] = str(text)
    return tuple(sorted(tokens.items()))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
