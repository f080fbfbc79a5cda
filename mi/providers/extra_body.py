"""What the configuration of an endpoint adds to every request: `extra_body`.

It reaches what a server offers beyond the API: switching thinking off, a template's arguments, a
sampler's parameters. What of it steers sampling is part of the identity of answers and verdicts, as
JSON that equal bodies share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

OWN_PARAMETERS = frozenset(
    {
        "model",
        "messages",
        "temperature",
        "top_p",
        "max_completion_tokens",
        "max_tokens",
        "seed",
        "n",
        "logprobs",
        "top_logprobs",
        "stream",
    }
)
"""What requests say themselves, so that `extra_body` cannot."""
NEUTRAL_EXTRAS = frozenset(
    {"user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key"}
)
"""What `extra_body` may say without steering what is sampled."""


def steering_text(extra: Mapping[str, Any]) -> str:
    """What of an `extra_body` steers sampling, as JSON that equal bodies share; empty for none."""
    steering = {name: value for name, value in extra.items() if name not in NEUTRAL_EXTRAS}
    return json.dumps(steering, sort_keys=True, ensure_ascii=True) if steering else ""


def merge_steering(declared: str, extra: Mapping[str, Any]) -> str:
    """What steers sampling where an endpoint and a declaration both say something.

    Args:
        declared: The JSON of the declaration, which takes precedence; empty for none.
        extra: The endpoint's `extra_body`.
    """
    return steering_text({**extra, **(json.loads(declared) if declared else {})})
