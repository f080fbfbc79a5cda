"""Probes that were passed, for tests that are not about probes."""

from __future__ import annotations

from typing import Any

from mi.providers.openai.dialect import Dialect
from mi.providers.probe import SERVER, ProbeResult


def passed_probe(address: str, model: str, **facts: Any) -> ProbeResult:
    """What is remembered of a server that takes everything as OpenAI's own API does."""
    return ProbeResult(
        kind=SERVER,
        address=address,
        model=model,
        summary="takes all parameters",
        facts={"parameters": Dialect().to_json(), "tail": "not measured", **facts},
    )
