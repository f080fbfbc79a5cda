"""A model's head: from hidden states to logits.

The output matrix is the whole head of most models. Others scale the logits, cap them or do both,
each in its own words, so the head is what the model's own forward does after its decoder: the
decoder is replaced for one call by a module that returns the given hidden states. Where that
equals the product with the output matrix, the product alone is computed.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_PROBE_LOGIT = 100.0  # the largest logit of the comparison: a cap or a scale shows at this size
_PROBE_ROWS = 4


class _GivenStates:
    """A decoder's output that holds nothing but hidden states."""

    def __init__(self, hidden: Tensor) -> None:
        self.last_hidden_state = hidden

    def __getitem__(self, index: Any) -> Tensor:
        return self.last_hidden_state

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


class _GivenDecoder(nn.Module):
    """Stands in for a decoder: returns given hidden states, and has the decoder's attributes."""

    def __init__(self, decoder: nn.Module, hidden: Tensor) -> None:
        super().__init__()
        self.__dict__["decoder"] = decoder  # not a submodule: nothing may move or count it twice
        self.__dict__["hidden"] = hidden

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return _GivenStates(self.__dict__["hidden"])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["decoder"], name)


class Head:
    """The head of a model.

    Args:
        model: The causal language model.
        owner: The attribute of the model that holds its decoder.
    """

    def __init__(self, model: Any, owner: str) -> None:
        self.model = model
        self.owner = owner
        self.is_product = self._is_product()

    def __call__(self, hidden: Tensor) -> Tensor:
        """Logits in float32, shape (..., vocabulary), of hidden states of shape (..., width)."""
        if self.is_product:
            product: Tensor = self.model.get_output_embeddings()(hidden)
            return product.float()
        return self._model_logits(hidden).float()

    def _model_logits(self, hidden: Tensor) -> Tensor:
        """The logits that the model's own forward makes of these hidden states."""
        model, name = self.model, self.owner
        rows = hidden.reshape(1, -1, hidden.shape[-1])
        decoder = model._modules[name]
        model._modules[name] = _GivenDecoder(decoder, rows)
        try:
            logits: Tensor = model(inputs_embeds=rows, use_cache=False).logits
        finally:
            model._modules[name] = decoder
        return logits.reshape(*hidden.shape[:-1], logits.shape[-1])

    def _is_product(self) -> bool:
        """Whether the head is the product with the output matrix and nothing else."""
        output = self.model.get_output_embeddings()
        if not isinstance(output, nn.Linear):
            return False
        weight = output.weight
        states = torch.randn(
            _PROBE_ROWS, output.in_features, generator=torch.Generator().manual_seed(0)
        ).to(weight.device, weight.dtype)
        with torch.no_grad():
            states = states * (_PROBE_LOGIT / output(states).abs().max().clamp(min=1e-6))
            product, own = output(states), self._model_logits(states)
        return product.shape == own.shape and torch.allclose(product, own, rtol=1e-4, atol=1e-3)
