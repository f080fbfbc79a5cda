"""Configuration of a project: `[tool.mi]` in the `pyproject.toml` of its root.

[tool.mi]
in_flight = 64

[tool.mi.endpoints.lab]
base_url = "http://localhost:8000/v1"
key_env = "LAB_API_KEY"
free = true                      # its tokens cost nothing; otherwise --price says what they cost
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from .errors import UsageError
from .providers.base import Terms

_NUMBERS = {"in_flight": int, "poll": float, "timeout": float}
_ENDPOINT = {"base_url", "key_env", "free"}


def terms(root: Path, *, batch: bool = False) -> Terms:
    """How hosted providers are used in the project at `root`.

    Raises:
        UsageError: The file is no TOML, or says something unknown.
    """
    path = root / "pyproject.toml"
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        stated = tomllib.loads(text).get("tool", {}).get("mi", {})
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot be read ({error})", where=str(path)) from None
    numbers: dict[str, Any] = {
        name: _number(path, name, stated[name], kind)
        for name, kind in _NUMBERS.items()
        if name in stated
    }
    endpoints = stated.get("endpoints", {})
    for name, endpoint in endpoints.items():
        if not isinstance(endpoint, dict) or not {"base_url"} <= endpoint.keys() <= _ENDPOINT:
            raise UsageError(
                "an endpoint has a base_url and may have a key_env and `free = true`, nothing else",
                where=f"{path} @ tool.mi.endpoints.{name}",
            )
    return Terms(batch=batch, endpoints=endpoints, **numbers)


def _number(path: Path, name: str, value: Any, kind: type) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
        raise UsageError(f"{value!r} is no positive number", where=f"{path} @ tool.mi.{name}")
    return kind(value)
