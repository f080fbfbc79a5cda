"""What steers a training through the Tinker API: every value of it, none left open.

The API's parts are primitive (a batch's gradients, an optimiser's step), so the loop is this
project's and its meaning can change: `Adapted.recipe` counts such changes. A value that servers of
this API do not all have (the adapters' alpha, layers, clipping) is no field, so stating it is an
error.
"""

from __future__ import annotations

import attrs

from ...spec import Training
from ..types import resolve_hyperparameters


@attrs.frozen(kw_only=True)
class Adapted:
    """Low-rank adaptation (LoRA) with Adam, as the API has it.

    A step's loss is the mean over the answer tokens of its batch.

    Args:
        recipe: Version of what the training code does with the values below.
        epochs: Passes over the rows.
        batch_size: Rows per optimiser step; the last batch of an epoch may be smaller.
        learning_rate: Peak learning rate.
        schedule: `linear` or `cosine` decay to 0 after the warmup.
        warmup: Share of the steps over which the learning rate rises.
        weight_decay: Decoupled weight decay.
        beta1: Adam's decay of the first moment.
        beta2: Adam's decay of the second moment.
        eps: Adam's term in the denominator.
        lora_rank: Rank of the adapters; their alpha is the server's.
        train_attn: Whether attention gets adapters.
        train_mlp: Whether the feed-forward layers get adapters.
        train_unembed: Whether the unembedding gets adapters.
        max_length: Rows longer than this many tokens are an error, never cut.
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


def resolve_recipe(training: Training) -> Adapted:
    """The recipe with what `training` states and this provider's defaults for the rest."""
    return resolve_hyperparameters(Adapted, training, "training through the Tinker API")
