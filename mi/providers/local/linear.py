"""Linear maps with frozen weights, computed by oneDNN where it is faster.

On a CPU, torch passes float32 products to MKL, which uses half the vector width on processors that
are not Intel's. oneDNN, which torch ships as well, uses all of it. The float32 results differ in
rounding only.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def _find_onednn() -> Any:
    """oneDNN's linear operator, or None if this build of torch lacks it."""
    backends: Any = torch.backends
    if not backends.mkldnn.is_available():
        return None
    return getattr(torch.ops.mkldnn, "_linear_pointwise", None)


_onednn = _find_onednn()
_DTYPE = torch.float32
"""The dtype of its products here."""


class FrozenLinear(nn.Linear):
    """A linear module whose weights are frozen."""

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight, self.bias
        if not _supports_onednn(x, weight):
            return nn.functional.linear(x, weight, bias)
        if torch.is_grad_enabled() and x.requires_grad:
            y: Tensor = _frozen_linear(x, weight, bias)
            return y
        return _onednn_linear(x, weight, bias)


def replace_linear_layers(model: nn.Module) -> None:
    """Make every linear module of `model` a `FrozenLinear`, in place.

    Weights are laid out by columns, which products of few rows read fastest. Weights tied to an
    embedding keep their layout, because embeddings read rows.
    """
    tied = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    for module in model.modules():
        if type(module) is nn.Linear:
            module.__class__ = FrozenLinear
            if id(module.weight) not in tied:
                module.weight.data = module.weight.data.t().contiguous().t()


def _supports_onednn(x: Tensor, weight: Tensor) -> bool:
    return (
        _onednn is not None
        and x.device.type == "cpu"
        and x.dtype == weight.dtype == _DTYPE
        and x.numel() > 0
        and not weight.requires_grad
    )


def _onednn_linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    assert _onednn is not None
    y: Tensor = _onednn(x, weight, bias, "none", [], "")
    return y


class _FrozenLinearFunction(torch.autograd.Function):
    """A linear map whose gradient flows to its input only."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(weight)
        return _onednn_linear(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (weight,) = ctx.saved_tensors
        return _onednn_linear(grads[0], weight.t(), None), None, None


_frozen_linear: Any = _FrozenLinearFunction.apply
