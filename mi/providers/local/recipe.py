"""The recipe of a local training: a concrete value for every hyperparameter.

The recipe is part of a training's identity, so it holds plain values only. What the code does with
them can change too: `LoraRecipe.recipe` counts such changes, so that a training under the old
meaning is never mistaken for one under the new.
"""

from __future__ import annotations

import attrs

from ...spec import Training, fields
from ..types import LAST_TURN, SHUFFLED, resolve_hyperparameters

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@attrs.frozen(kw_only=True)
class LoraRecipe:
    """Low-rank adaptation (LoRA) of the upper layers, with AdamW.

    Args:
        recipe: Version of what the training code does with the values below.
        epochs: Passes over the rows.
        batch_size: Rows per optimizer step; the last batch of an epoch may be smaller.
        learning_rate: Peak learning rate.
        schedule: `linear` or `cosine` decay to 0 after the warmup.
        warmup: Share of the steps over which the learning rate rises.
        weight_decay: Decoupled weight decay.
        beta1: AdamW's decay of the first moment.
        beta2: AdamW's decay of the second moment.
        clip: Maximum norm of the gradient, which is clipped.
        lora_rank: Rank of the adapters.
        lora_alpha: Scale numerator; adapters are scaled by alpha / rank.
        lora_layers: Number of upper layers that get adapters; None for all.
        targets: Names of the linear modules that get adapters in those layers. The default is for
            models whose layers have no others; `targets.resolve_targets` finds those of a model.
        max_length: Tokens of the longest row allowed; a longer one is an error, never truncated.
        learned_turns: `all` where rows have several turns of the assistant: each carries loss
            unless its weight is 0. `last` elsewhere: a row's only one, which is its last turn.
        row_order: `given` where a stage declares the order of its rows, else `shuffled`.
    """

    recipe: int = 1
    epochs: int = 1
    batch_size: int = 8
    learning_rate: float = 5e-4
    schedule: str = "linear"
    warmup: float = 0.05
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    clip: float = 1.0
    lora_rank: int = 16
    lora_alpha: float = 32.0
    lora_layers: int | None = None
    targets: tuple[str, ...] = TARGETS
    max_length: int = 2048
    learned_turns: str = fields.neutral_default(LAST_TURN)
    row_order: str = fields.neutral_default(SHUFFLED)


def resolve_lora_recipe(training: Training) -> LoraRecipe:
    """The recipe with the values that `training` states and defaults for the rest.

    Raises:
        DeclarationError: `training` states a hyperparameter that this provider does not have.
    """
    return resolve_hyperparameters(LoraRecipe, training, "local")
