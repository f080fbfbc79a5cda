"""A small random copy of an architecture, for checks that need no weights.

The copy has few layers, which keep the pattern of kinds of layer, small widths, and the structure
of heads: grouped queries stay grouped, windows stay windows and become narrow enough to matter in a
short row. Everything else in the configuration is what it was: the scales, caps and biases that
make an architecture compute something else than its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import torch
from torch import nn

MIN_LAYERS = 4
MAX_PARAMETERS = 40_000_000
VOCABULARY = 160
HEAD_WIDTH = 16
WINDOW = 16  # positions

_PERIODS = (
    "sliding_window_pattern",
    "full_attention_interval",
    "attn_layer_period",
    "expert_layer_period",
    "no_rope_layer_interval",
    "interleave_moe_layer_step",
    "decoder_sparse_step",
)
"""Fields that make every n-th layer of another kind."""

_WIDTHS = {
    "intermediate_size": 96,
    "intermediate_size_mlp": 96,
    "moe_intermediate_size": 32,
    "shared_expert_intermediate_size": 32,
    "shared_intermediate_size": 32,
    "num_experts": 4,
    "num_local_experts": 4,
    "n_routed_experts": 4,
    "n_group": 1,
    "topk_group": 1,
    "q_lora_rank": 32,
    "kv_lora_rank": 32,
    "qk_rope_head_dim": 8,
    "qk_nope_head_dim": 8,
    "v_head_dim": HEAD_WIDTH,
    "mamba_d_ssm": 64,
    "mamba_n_heads": 4,
    "mamba_d_head": HEAD_WIDTH,
    "mamba_n_groups": 1,
    "mamba_d_state": 16,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": HEAD_WIDTH,
    "linear_value_head_dim": HEAD_WIDTH,
    "global_head_dim": 2 * HEAD_WIDTH,
    "hidden_size_per_layer_input": 16,
    "vocab_size_per_layer_input": VOCABULARY,
    "laurel_rank": 8,
}
_WINDOWS = ("sliding_window", "sliding_window_size", "attention_chunk_size", "window_size")
_AT_MOST = {"num_experts_per_tok": 2, "first_k_dense_replace": 1, "num_kv_shared_layers": 1}
_TOKENS = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "vocab_size": VOCABULARY}


def build_copy(config: Any) -> Any:
    """A random model with the architecture of a configuration, in float32 on the CPU.

    Args:
        config: The model's configuration, of `transformers`; it is not changed.

    Returns:
        A causal language model that is ready to compute, or None if none could be built.
    """
    from transformers import AutoModelForCausalLM

    for small in _small_configs(config):
        try:
            with torch.device("meta"):
                skeleton = _build(AutoModelForCausalLM, small)
            size = sum(weight.numel() for weight in skeleton.parameters())
            if size <= MAX_PARAMETERS:
                with torch.random.fork_rng(devices=[]), torch.no_grad():
                    torch.manual_seed(0)
                    model = _randomize(_build(AutoModelForCausalLM, small))
                    model(input_ids=torch.arange(3, 8)[None])
                return model
        except Exception:  # a combination of sizes that the architecture does not accept
            continue
    return None


def _build(loader: Any, config: Any) -> nn.Module:
    model: nn.Module = loader.from_config(config, dtype=torch.float32)
    return model


def _randomize(model: nn.Module) -> nn.Module:
    """Let every weight matter: some architectures start theirs at 0 or 1."""
    for weight in model.parameters():
        if weight.ndim == 1:
            weight.data.add_(0.1 * torch.randn_like(weight))
    return model.eval().requires_grad_(False)


def _small_configs(config: Any) -> Iterator[Any]:
    """Smaller configurations, the smallest first; the last ones keep the widths."""
    text = config.get_text_config(decoder=True)
    for changes in (_shrink_all, _shrink_depth):
        small = _evolve(text, changes)
        if small is None:
            continue
        if text is not config:
            composite = config.to_dict()
            for name, value in composite.items():
                if value == text.to_dict():
                    composite[name] = small.to_dict()
                elif isinstance(value, dict) and "num_hidden_layers" in value:
                    composite[name] = {**value, "num_hidden_layers": 1}
            with suppress(Exception):  # a part that does not stand alone
                yield type(config)(**composite)
        yield small


def _evolve(config: Any, shrink: Callable[[Any], dict[str, Any]]) -> Any:
    """A configuration with smaller values for the fields that it has; None if it refuses them."""
    values = config.to_dict()
    names = getattr(config, "attribute_map", {})
    standard = {**values, **{name: values.get(native) for name, native in names.items()}}
    changes = shrink(standard)
    if isinstance(overrides := values.get("per_layer_config"), dict):
        changes["per_layer_config"] = _shrink_overrides(overrides, standard, changes)
    for name, value in changes.items():
        native = names.get(name, name)
        if values.get(native) is not None:
            values[native] = value
    values["initializer_range"] = 0.15
    for name in ("architectures", "model_type", "transformers_version", "quantization_config"):
        values.pop(name, None)
    try:
        return type(config)(**values)
    except Exception:  # refused by the configuration's own checks
        return None


def _shrink_overrides(
    overrides: Mapping[Any, Mapping[str, Any]], values: Mapping[str, Any], changes: dict[str, Any]
) -> dict[int, dict[str, Any]]:
    """The fields that single layers override, in the proportions that they had.

    Args:
        overrides: Other values of some fields, by index of a layer.
        values: The configuration's fields.
        changes: Their smaller values.
    """
    small: dict[int, dict[str, Any]] = {}
    for layer, fields in overrides.items():
        if int(layer) < changes["num_hidden_layers"]:
            small[int(layer)] = {
                name: max(1, changes[name] * value // values[name])
                if name in changes and isinstance(values.get(name), int)
                else value
                for name, value in fields.items()
            }
    return small


def _shrink_depth(values: dict[str, Any]) -> dict[str, Any]:
    """The changes that leave the widths of heads and of the hidden states as they are."""
    count = _layer_count(values)
    changes: dict[str, Any] = {"num_hidden_layers": count, **_TOKENS}
    depth = values["num_hidden_layers"]
    for name, value in values.items():
        if isinstance(value, list) and len(value) == depth:
            changes[name] = value[:count]
    for name, most in _AT_MOST.items():
        if isinstance(value := values.get(name), int):
            changes[name] = min(value, most)
    for name in _WINDOWS:
        if isinstance(value := values.get(name), int):
            changes[name] = min(value, WINDOW)
    return changes | {name: _WIDTHS[name] for name in ("intermediate_size", "num_experts")}


def _shrink_all(values: dict[str, Any]) -> dict[str, Any]:
    heads = values["num_attention_heads"]
    kv_heads = values.get("num_key_value_heads") or heads
    new_kv_heads = 1 if kv_heads == 1 else 2
    new_heads = new_kv_heads * max(1, min(heads // kv_heads, 4))
    if kv_heads == heads:
        new_heads = new_kv_heads = 4
    hidden = values["hidden_size"]
    width = values.get("head_dim")
    square = width is None or width * heads == hidden
    return {
        **_shrink_depth(values),
        **_WIDTHS,
        "hidden_size": new_heads * HEAD_WIDTH if square else 64,
        "num_attention_heads": new_heads,
        "num_key_value_heads": new_kv_heads,
        "num_global_key_value_heads": new_kv_heads,
        # Latent attention calls the width of the rotated part of a head by this name.
        "head_dim": HEAD_WIDTH if values.get("qk_rope_head_dim") is None else 8,
        **_shrink_rotary(values, width or hidden // heads),
    }


def _shrink_rotary(values: dict[str, Any], width: int) -> dict[str, Any]:
    """Rotary parameters with a factor for each frequency of the narrower heads."""
    return {
        name: {
            key: value[: max(1, len(value) * HEAD_WIDTH // width)]
            if isinstance(value, list)
            else value
            for key, value in parameters.items()
        }
        for name in ("rope_parameters", "rope_scaling")
        if isinstance(parameters := values.get(name), dict)
    }


def _layer_count(values: dict[str, Any]) -> int:
    """The fewest layers, at least `MIN_LAYERS`, that show the whole pattern of kinds."""
    depth: int = values["num_hidden_layers"]
    period = 1
    for name, value in values.items():
        if name in _PERIODS and isinstance(value, int) and value > 0:
            period = math.lcm(period, value)
        elif isinstance(value, list) and len(value) == depth > 1:
            period = math.lcm(period, _list_period(value))
    period = min(period, 2 * MIN_LAYERS)
    return min(depth, period * math.ceil(MIN_LAYERS / period))


def _list_period(values: list[Any]) -> int:
    return next(
        period
        for period in range(1, len(values) + 1)
        if all(value == values[index % period] for index, value in enumerate(values))
    )
