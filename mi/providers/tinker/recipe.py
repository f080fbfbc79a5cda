"""The recipe of a training through the Tinker API: a concrete value for every hyperparameter.

The API offers primitives (the gradients of a batch, an optimizer step), so the training loop
belongs to this project and its meaning can change: `Adapted.recipe` counts such changes. A
hyperparameter that some servers of this API lack (the adapters' alpha, layers, clipping) has no
field, so stating it is an error.
"""

from __future__ import annotations

import attrs

from ...spec import Training, fields
from ..types import LAST_TURN, SHUFFLED, resolve_hyperparameters


@attrs.frozen(kw_only=True)
class Adapted:
    """Low-rank adaptation (LoRA) with Adam, as the API offers it.

    A step's loss is the mean over the answer tokens of its batch.

    Args:
        recipe: Version of what the training code does with the values below.
        epochs: Passes over the rows.
        batch_size: Rows per optimizer step; the last batch of an epoch may be smaller.
        learning_rate: Peak learning rate.
        schedule: `linear` or `cosine` decay to 0 after the warmup.
        warmup: Share of the steps over which the learning rate rises.
        weight_decay: Decoupled weight decay.
        beta1: Adam's decay of the first moment.
        beta2: Adam's decay of the second moment.
        eps: Adam's term in the denominator.
        lora_rank: Rank of the adapters; the server chooses their alpha.
        train_attn: Whether attention gets adapters.
        train_mlp: Whether the feed-forward layers get adapters.
        train_unembed: Whether the unembedding gets adapters.
        max_length: Tokens of the longest row allowed; a longer one is an error, never truncated.
        learned_turns: `all` where rows have several turns of the assistant: each carries loss
            unless its weight is 0. `last` elsewhere: a row's only one, which is its last turn.
        row_order: `given` where a stage declares the order of its rows, else `shuffled`.
    """

    recipe: int = 1
    epochs: int = 1
    batch_size: int = 8
    learning_rate: float = 1e-4
    schedule: str = "linear"
    warmup: float = 0.05
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.95
    eps: float = 1e-8
    lora_rank: int = 32
    train_attn: bool = True
    train_mlp: bool = True
    train_unembed: bool = False
    max_length: int = 4096
    learned_turns: str = fields.neutral_default(LAST_TURN)
    row_order: str = fields.neutral_default(SHUFFLED)


def resolve_adapted(training: Training) -> Adapted:
    """The recipe with the values that `training` states and defaults for the rest.

    Raises:
        DeclarationError: `training` states a hyperparameter that this provider does not have.
    """
    return resolve_hyperparameters(Adapted, training, "training through the Tinker API")
