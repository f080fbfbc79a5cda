"""What earlier versions computed wrongly, by model: it is done again, and nothing else is.

An earlier version passed a boolean mask to attention that adds its mask, so rows that shared a row
saw each other; it took the output matrix for the whole head, so scaled logits were not scaled; and
it let padding count in a narrow attention window. The payloads of what is done since say so in
`Base.correction`, which gives it another key and other journals. What was right keeps its key: the
lists below are of the past, and models that are added to transformers do not belong into them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MASK = "the attention mask of packed rows"
HEAD = "the scale of the logits"
WINDOW = "the attention window of padded prompts"

_ADDED_MASKS = frozenset(
    {
        "deepseek_v4",
        "flint",
        "gemma2",
        "gpt_oss",
        "granite_swa",
        "granitemoe_swa",
        "hy_v4",
        "inkling2",
        "mimo_v2_flash",
        "vaultgemma",
    }
)
"""Model types whose attention adds its mask: transformers has no SDPA for them."""

_SCALES = {
    "cohere": ("logit_scale", 0.0625),
    "cohere2": ("logit_scale", 0.0625),
    "cohere2_moe": ("logit_scale", 0.0625),
    "cohere_compass": ("logit_scale", 0.0625),
    "granite": ("logits_scaling", 1.0),
    "granite_swa": ("logits_scaling", 1.0),
    "granitemoe": ("logits_scaling", 1.0),
    "granitemoe_swa": ("logits_scaling", 1.0),
    "granitemoehybrid": ("logits_scaling", 1.0),
    "granitemoeshared": ("logits_scaling", 1.0),
    "hyperclovax": ("logits_scaling", 1.0),
}
"""Model types that scale their logits: the field of their config, and what it is if unsaid."""

_NARROW_WINDOWS = {"gpt_oss": 128, "gemma3_text": 4096}
"""Windows that model types have where their config does not say one."""

_PROMPT_TOKENS = 128  # of a typical prompt


def training_correction(config: Mapping[str, Any]) -> str | None:
    """What earlier trainings of a model got wrong; None if nothing.

    Args:
        config: The content of the model's `config.json`.
    """
    return _joined(_head(config), _mask(config))


def eval_correction(
    config: Mapping[str, Any], needs: str, max_tokens: int | None = None
) -> str | None:
    """What earlier evals of an untrained model got wrong; None if nothing.

    Args:
        config: The content of the model's `config.json`.
        needs: What the eval asks of a provider: `sample` or `logprob`.
        max_tokens: The most tokens of a sampled answer.
    """
    if needs == "logprob":
        return _joined(_head(config), _mask(config))
    return _joined(_head(config), _window(config, max_tokens or 0))


def _joined(*corrections: str | None) -> str | None:
    return "; ".join(filter(None, corrections)) or None


def _mask(config: Mapping[str, Any]) -> str | None:
    return MASK if config.get("model_type") in _ADDED_MASKS else None


def _head(config: Mapping[str, Any]) -> str | None:
    field, default = _SCALES.get(config.get("model_type", ""), ("", 1.0))
    return HEAD if field and float(config.get(field) or default) != 1.0 else None


def _window(config: Mapping[str, Any], max_tokens: int) -> str | None:
    window = config.get("sliding_window", _NARROW_WINDOWS.get(config.get("model_type", "")))
    is_narrow = isinstance(window, int) and window < max_tokens + _PROMPT_TOKENS
    return WINDOW if is_narrow and config.get("use_sliding_window") is not False else None
