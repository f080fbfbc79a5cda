"""Where a causal language model of transformers keeps its decoder, and what its config says.

Nothing here knows a family by name. The decoder is what the model's own `get_decoder` returns, its
layers are the list that is as long as the config says, and a composite model (text beside images)
is used through its text decoder.
"""

from __future__ import annotations

from typing import Any

import attrs
from torch import nn

from ...errors import ProviderError

UNBOUNDED = 1 << 60
"""The attention window of a model whose layers look back without a limit."""

_WINDOWS = (
    "sliding_window",
    "sliding_window_size",
    "attention_chunk_size",
    "attention_window",
    "attention_window_size",
    "local_attention_window",
    "window_size",
)
"""Names that configs use for the positions that an attention layer can look back on."""


@attrs.frozen(eq=False)
class Decoder:
    """The text decoder of a causal language model.

    Args:
        module: The decoder; called with token ids it returns hidden states.
        path: Its path in the model: `model`, `model.language_model`.
        layers_name: The attribute that holds its layers: `layers`, `h`.
        config: The config of the text part.
    """

    module: Any
    path: str
    layers_name: str
    config: Any

    @property
    def owner(self) -> str:
        """The attribute of the model that holds the decoder: `model`."""
        return self.path.partition(".")[0]

    @property
    def layers(self) -> nn.ModuleList:
        """The transformer layers, lowest first."""
        layers: nn.ModuleList = getattr(self.module, self.layers_name)
        return layers

    @property
    def layer_paths(self) -> list[str]:
        """The paths of the layers in the model, lowest first."""
        prefix = f"{self.path}.{self.layers_name}"
        return [f"{prefix}.{index}" for index in range(len(self.layers))]


def find_decoder(model: Any) -> Decoder:
    """The text decoder of a model.

    Raises:
        ProviderError: The model does not keep its layers in one list.
    """
    config = model.config.get_text_config(decoder=True)
    depth = getattr(config, "num_hidden_layers", None)
    paths = {id(module): name for name, module in model.named_modules()}
    # A class may name its decoder wrongly, so look further than what it calls its own.
    for module in (model.get_decoder(), *model.modules()):
        path = paths.get(id(module))
        names = [
            name
            for name, child in module.named_children()
            if isinstance(child, nn.ModuleList) and len(child) == depth
        ]
        if path and names:
            name = "layers" if "layers" in names else names[0]
            return Decoder(module=module, path=path, layers_name=name, config=config)
    raise ProviderError(
        f"{type(model).__name__} does not keep its decoder's layers in one list, so local training "
        "and scoring cannot tell them apart",
        hint="use a decoder-only model, or serve this one and name it as an endpoint",
    )


def attention_window(config: Any) -> int:
    """Positions that the narrowest attention layer can look back on; `UNBOUNDED` without a limit.

    Args:
        config: The config of the text part.
    """
    values = [value for name in _WINDOWS for value in _layer_values(config, name)]
    windows = [value for value in values if isinstance(value, int) and value > 0]
    return min(windows, default=UNBOUNDED)


def kv_bytes_per_token(config: Any) -> int:
    """Bytes of the keys and values of one position in float32, summed over all layers.

    Args:
        config: The config of the text part.
    """
    heads = _widest(config, "num_key_value_heads") or _widest(config, "num_attention_heads")
    width = _widest(config, "head_dim") or (
        _widest(config, "hidden_size") // _widest(config, "num_attention_heads")
    )
    return 2 * 4 * int(config.num_hidden_layers) * heads * width


def _layer_values(config: Any, name: str) -> list[Any]:
    """The values of a field; several where layers differ in it, which reading it alone refuses."""
    try:
        return [getattr(config, name, None)]
    except Exception:  # transformers raises an error of its own for such a field
        layers: Any = config.per_layer_config
        layers = layers.values() if isinstance(layers, dict) else layers
        return [getattr(layer, name, None) for layer in layers]


def _widest(config: Any, name: str) -> int:
    """The largest value of a field over all layers; 0 where none has it."""
    return max(
        (value for value in _layer_values(config, name) if isinstance(value, int)), default=0
    )
