"""The layers of a decoder, of which a pass can leave out the lower or the upper ones.

The layers that are left out are replaced by modules that pass on what they receive, or a given
tensor instead, so the decoder's own forward runs unchanged around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from .architecture import Decoder


class _Passthrough(nn.Module):
    """Replaces a layer: returns `replacement` if it is set, else its input."""

    def __init__(self) -> None:
        super().__init__()
        self.replacement: Tensor | None = None
        self.last_input: Tensor | None = None

    def forward(self, hidden_states: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        self.last_input = hidden_states
        return hidden_states if self.replacement is None else self.replacement


class LayerStack:
    """The layers of a decoder.

    Args:
        decoder: The decoder; its list of layers is exchanged during a pass and then restored.
    """

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self._layers = list(decoder.layers)
        self._passthroughs = [_Passthrough() for _ in self._layers]

    @contextmanager
    def skip_lower(self, lower: tuple[int, Tensor] | None) -> Iterator[None]:
        """Leave out the n lowest layers inside the block.

        Args:
            lower: (n, the hidden states above those layers); None leaves out none.
        """
        if lower is None or lower[0] == 0:
            yield
            return
        split, hidden = lower
        passthrough = self._passthroughs[split - 1]
        passthrough.replacement = hidden
        try:
            with self._use([*self._passthroughs[:split], *self._layers[split:]]):
                yield
        finally:
            passthrough.replacement = None

    @contextmanager
    def skip_upper(self, split: int) -> Iterator[_Passthrough]:
        """Leave out all but the `split` lowest layers; yields what receives their output."""
        with self._use([*self._layers[:split], *self._passthroughs[split:]]):
            yield self._passthroughs[split]

    @contextmanager
    def _use(self, layers: list[nn.Module]) -> Iterator[None]:
        owner, name = self.decoder.module, self.decoder.layers_name
        original = self.decoder.layers
        setattr(owner, name, nn.ModuleList(layers))
        try:
            yield
        finally:
            setattr(owner, name, original)
