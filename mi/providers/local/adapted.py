"""A network with the adapter of a training on, for as long as a piece of work takes.

The adapter is merged into copies of the weights it changes; the copies take the originals' place
inside `Worn.on` and nowhere else, so a base model is never altered and two models under test may
take turns on one network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import attrs
from torch import Tensor

from ..chat_template import TokenIds
from ..types import ModelUnderTest
from . import lora
from .network import Network, Prefix

DEFAULT_ADAPTED_LAYERS = 10  # adapted layers assumed of models that have no adapter yet


@attrs.define(eq=False)
class AdaptedNetwork:
    """A network, the merged weights of an adapter, and how many layers below are untouched."""

    network: Network
    merged_weights: dict[str, Tensor]
    split: int
    prefixes: dict[TokenIds, Prefix]

    @contextmanager
    def activate(self) -> Iterator[None]:
        """The adapter is on, and the network is this thread's."""
        with self.network.lock, lora.swap_weights(self.network.model, self.merged_weights):
            yield

    def prefix(self, ids: TokenIds) -> Prefix:
        """The prefix of these ids under this adapter, computed once; call it inside `on`."""
        if ids not in self.prefixes:
            self.prefixes[ids] = self.network.prefix(ids)
        return self.prefixes[ids]


def adapt(network: Network, subject: ModelUnderTest) -> AdaptedNetwork:
    """The model under test, ready to be asked."""
    if subject.trained is None:
        # Split where trained models of this base will be, so that they find its hidden states.
        layers = subject.model.training.lora_layers or DEFAULT_ADAPTED_LAYERS
        return AdaptedNetwork(network, {}, max(0, network.depth - layers), {})
    adapter = lora.load_adapter(subject.trained / "adapter")
    with network.lock:
        merged = lora.merge_adapter(network.model, adapter)
    return AdaptedNetwork(network, merged, adapter.lowest_layer, {})
