"""A causal language model whose frozen lower layers are computed once.

Adapters sit on the upper layers, so the hidden states below the lowest adapter are the base model's
for every training, every epoch and every adapter. `Network.lower_states` computes them one row at a
time, never in a batch: a row's hidden states are then bit for bit the same whatever else is
computed, and caching them changes no result. The cache is bounded and lives in memory only. The
replicas in a network's pool, one a core, share the cache and the weights.

The tokens that every chat begins with (the template's system turn) are shared as well: their keys
and values are computed once, and every row continues from them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import ProviderError
from ..chat_template import ChatTemplate, TokenIds, stop_token_ids
from ..types import Chat
from .architecture import attention_window, find_decoder, kv_bytes_per_token
from .core_pool import CorePool, available_cores, limit_to_one_core, share_weights
from .head import Head
from .layers import LayerStack
from .linear import replace_linear_layers
from .packing import additive_mask
from .paths import Paths
from .prefix import Prefix, empty_cache
from .tensor_cache import TensorCache

logger = logging.getLogger(__name__)

HIDDEN_CACHE_BYTES = 1 << 30  # bytes of lower hidden states to cache
MAX_REPLICAS = 8  # as many as a usual step has rows


class Network:
    """A loaded model with its tokenizer.

    Several threads must not use a network at once: hold `lock` during a piece of work, and map its
    parts over the replicas in `pool`.

    Args:
        model: A causal language model of transformers.
        tokenizer: Its tokenizer, with a chat template.
        replicas: Size of the pool, this network included.
    """

    def __init__(self, model: Any, tokenizer: Any, replicas: int = 1) -> None:
        self.model = model
        self.decoder = find_decoder(model)
        self.depth = len(self.decoder.layers)
        self.head = Head(model, self.decoder.owner)
        self.paths = Paths()
        self.is_precise = False  # compute in the weights' own dtype on a GPU too
        self.agreement: Any = None  # what `agreement_cache` found, once it has
        self.device = next(model.parameters()).device
        generation_config = getattr(model, "generation_config", None)
        stop_tokens = stop_token_ids(generation_config, model.config, tokenizer)
        self.template = ChatTemplate.pinned(tokenizer, stop_tokens)
        self.lock = threading.RLock()
        self._layers = LayerStack(self.decoder)
        self._hidden_cache = TensorCache(HIDDEN_CACHE_BYTES)
        self.pool: CorePool[Network] = CorePool(
            [self, *(self._replica() for _ in range(replicas - 1))]
        )

    @property
    def attention_window(self) -> int:
        """Positions that every attention layer can look back on; 2^60 if unbounded."""
        return attention_window(self.decoder.config)

    @property
    def packing_window(self) -> int:
        """Length in tokens from which a row is computed alone; 0 if rows are never packed."""
        return self.attention_window if self.paths.packed else 0

    @property
    def kv_bytes_per_token(self) -> int:
        """Bytes of the keys and values of one position, summed over all layers."""
        return kv_bytes_per_token(self.decoder.config)

    def use_paths(self, paths: Paths) -> None:
        """Compute with these shortcuts from now on, on every replica of the pool."""
        for replica in self.pool.replicas:
            replica.paths = paths

    def shared_prefix_length(self, chat: Chat, ids: TokenIds) -> int:
        """Leading tokens of `ids` that a row shares with others, 0 if prefixes are not shared."""
        return self.template.shared_prefix_length(chat, ids) if self.paths.prefix else 0

    def usable_split(self, layers: int) -> int:
        """How many of the `layers` lowest layers, which have no adapter, run once per row."""
        return layers if self.paths.split else 0

    def autocast(self) -> Any:
        """A context that computes in bfloat16 on a GPU unless `is_precise`, else as it is."""
        if self.device.type == "cuda" and not self.is_precise:
            return torch.autocast("cuda", dtype=torch.bfloat16)
        return nullcontext()

    def padded_tensor(self, rows: Sequence[Sequence[int]], fill: int = 0) -> Tensor:
        """Token ids padded on the right with `fill`, shape (rows, longest)."""
        longest = max(len(row) for row in rows)
        padded = [[*row, *([fill] * (longest - len(row)))] for row in rows]
        return torch.tensor(padded, dtype=torch.long, device=self.device)

    def forward(
        self,
        ids: Tensor,
        *,
        cache: Any = None,
        positions: Tensor | None = None,
        mask: Tensor | None = None,
        lower: tuple[int, Tensor] | None = None,
    ) -> Tensor:
        """Final hidden states, shape (rows, length, width).

        Args:
            ids: Token ids, shape (rows, length).
            cache: Keys and values of the preceding tokens; extended in place.
            positions: Position of each token; by default they continue from the cache.
            mask: Attention mask, shape (rows, columns) as transformers takes it, or boolean of
                shape (rows, 1, length, columns), True where a token attends to another; causal by
                default.
            lower: (n, hidden states above the n lowest layers); those layers are skipped.
        """
        with self._layers.skip_lower(lower):
            output = self.decoder.module(
                input_ids=ids,
                past_key_values=cache,
                use_cache=cache is not None,
                position_ids=positions,
                attention_mask=additive_mask(mask, self.decoder.config),
            )
        hidden: Tensor = output.last_hidden_state
        return hidden

    def extend(self, ids: Tensor, cache: Any = None) -> tuple[Tensor, Any]:
        """Final hidden states, and the model's own cache, which further tokens continue.

        Args:
            ids: Token ids, shape (rows, length); no row is padded.
            cache: What the call for the preceding tokens returned; None for the first tokens.
        """
        output = self.decoder.module(input_ids=ids, past_key_values=cache, use_cache=True)
        return output.last_hidden_state, output.past_key_values

    def lower_states(
        self,
        split: int,
        prefix: Prefix,
        ids: TokenIds,
        *,
        positions: Tensor | None = None,
        mask: Tensor | None = None,
        layout: tuple[int, ...] = (),
    ) -> Tensor:
        """Hidden states of one row above the `split` lowest layers, shape (length, width).

        Args:
            split: Number of lowest layers to run.
            prefix: The `Prefix` that the row continues.
            ids: Token ids of the row, without the prefix.
            positions: Position of each token; by default they continue from the prefix.
            mask: Attention mask as `forward` takes it; causal by default.
            layout: Distinguishes rows of equal ids with different positions or masks.
        """
        key = (split, prefix.ids, ids, layout)
        if (cached := self._hidden_cache.get(key)) is not None:
            return cached
        with torch.no_grad(), self._layers.skip_upper(split) as passthrough:
            self.forward(
                self.padded_tensor([ids]), cache=prefix.kv_cache(1), positions=positions, mask=mask
            )
        assert passthrough.last_input is not None
        hidden, passthrough.last_input = passthrough.last_input[0].clone(), None
        self._hidden_cache.put(key, hidden)
        return hidden

    def prefix(self, ids: TokenIds) -> Prefix:
        """The `Prefix` of these ids under the current weights; differentiable."""
        if not ids:
            return Prefix((), ())
        cache = empty_cache()
        self.forward(self.padded_tensor([ids]), cache=cache)
        return Prefix(ids, tuple((layer.keys, layer.values) for layer in cache.layers))

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits over the vocabulary in float32, shape (..., vocabulary)."""
        return self.head(hidden)

    def _replica(self) -> Network:
        replica = Network(share_weights(self.model), self.template.tokenizer)
        replica._hidden_cache = self._hidden_cache
        return replica


@lru_cache(maxsize=2)
def load_network(directory: Path, digest: str) -> Network:
    """Load the model in a Hugging Face directory; the last two stay in memory: a model under test
    and its judge take turns.

    Args:
        directory: The model's directory.
        digest: Digest of its content, so that a changed directory is loaded again.

    Raises:
        ProviderError: The model cannot be loaded, or has no chat template.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from .logging import quiet_transformers

    limit_to_one_core()
    try:
        with quiet_transformers():
            tokenizer: Any = AutoTokenizer.from_pretrained(directory)
            model: Any = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    except Exception as error:
        raise ProviderError(f"cannot load the model in {directory}: {error}") from error
    if not getattr(tokenizer, "chat_template", None):
        raise ProviderError(
            f"the tokenizer in {directory} has no chat template",
            hint="use an instruction-tuned model, or add a chat_template to its tokenizer",
        )
    model.requires_grad_(False)
    model.eval()
    if torch.cuda.is_available():
        logger.info("loaded the model in %s onto a GPU", directory)
        return Network(model.to("cuda"), tokenizer)
    replace_linear_layers(model)
    replicas = min(available_cores(), MAX_REPLICAS)
    logger.info("loaded the model in %s for %d cores", directory, replicas)
    return Network(model, tokenizer, replicas)
