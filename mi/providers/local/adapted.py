"""A network with a trained adapter, active only while a piece of work runs.

The adapter is merged into copies of the weights it changes. The copies replace the originals inside
`AdaptedNetwork.activate` and nowhere else, so a base model is never altered, and two models under
test can take turns on one network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import attrs
from torch import Tensor

from ...errors import DeclarationError
from ..chat_template import TokenIds
from ..types import ModelUnderTest
from . import lora
from .adapter_files import load_adapter, load_peft_folder
from .network import Network
from .peft_folder import PeftFolder, read_peft_folder
from .prefix import Prefix

DEFAULT_ADAPTED_LAYERS = 10  # adapted layers assumed of models that have no adapter yet


@attrs.define(eq=False)
class AdaptedNetwork:
    """A model under test: a base network and the weights that its adapter changes.

    Args:
        network: The base model.
        merged_weights: Weights with the adapter added, by module path; empty for a base model.
        split: Number of lowest layers that the adapter leaves unchanged.
        prefixes: Prefixes computed so far, by their token ids.
    """

    network: Network
    merged_weights: dict[str, Tensor]
    split: int
    prefixes: dict[TokenIds, Prefix]

    @contextmanager
    def activate(self) -> Iterator[None]:
        """Hold the network's lock and compute with the merged weights inside the block."""
        with self.network.lock, lora.swap_weights(self.network.model, self.merged_weights):
            yield

    def prefix(self, ids: TokenIds) -> Prefix:
        """The prefix of these ids under this adapter, computed once; call it inside `activate`."""
        if ids not in self.prefixes:
            self.prefixes[ids] = self.network.prefix(ids)
        return self.prefixes[ids]


def adapt(network: Network, subject: ModelUnderTest) -> AdaptedNetwork:
    """The model under test, ready to sample and score.

    Raises:
        CorruptError: The adapter's files are missing or damaged.
        DeclarationError: An adapter that was trained elsewhere does not fit the model.
    """
    if subject.adapter is not None:
        adapter = _load_fitting(network, read_peft_folder(subject.adapter, subject.model))
    elif subject.trained is None:
        # Split where trained models of this base will be, so that they find its hidden states.
        layers = subject.model.training.lora_layers or DEFAULT_ADAPTED_LAYERS
        split = network.usable_split(max(0, network.depth - layers))
        return AdaptedNetwork(network, {}, split, {})
    else:
        adapter = load_adapter(subject.trained / "adapter")
    with network.lock:
        merged_weights = lora.merge_adapter(network.model, adapter)
    split = network.usable_split(adapter.lowest_layer)
    return AdaptedNetwork(network, merged_weights, split, {})


def _load_fitting(network: Network, found: PeftFolder) -> lora.Adapter:
    """The adapter that was trained elsewhere, if the network has its modules in its shapes."""
    adapter = load_peft_folder(found)
    modules = dict(network.model.named_modules())
    for path, (a, b) in adapter.pairs.items():
        weight = getattr(modules.get(path), "weight", None)
        shape = None if weight is None else tuple(weight.shape)
        if shape is None or sorted(shape) != sorted((b.shape[0], a.shape[1])):
            raise DeclarationError(
                f"the adapter folder {str(found.folder)!r} does not fit the model: {path} is "
                f"{b.shape[0]} × {a.shape[1]} there, and {shape or 'absent'} here",
                hint="declare the model that it was trained on",
            )
    return adapter
