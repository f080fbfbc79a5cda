"""Computing in float64 whatever the code says, so that only real differences are seen.

Two orders of the same float32 sums differ by rounding. In a dozen random layers, with experts that
are chosen by a comparison, that grows beyond any tolerance that would show a wrong computation.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch


def _grouped_mm(input: torch.Tensor, weight: torch.Tensor, *, offs: torch.Tensor) -> Any:
    """Products of groups of rows, each with its own weight, which torch has not in float64."""
    return torch.ops.transformers.grouped_mm_fallback(input, weight, offs=offs)


@contextmanager
def double_precision() -> Iterator[None]:
    """A context in which float32 means float64, in torch, in transformers and in the engine."""
    default = torch.get_default_dtype()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.functional, "grouped_mm", _grouped_mm, raising=False)
        patch.setattr(torch, "float32", torch.float64)
        patch.setattr(torch, "float", torch.float64)
        patch.setattr(torch.Tensor, "float", torch.Tensor.double)
        torch.set_default_dtype(torch.float64)
        try:
            yield
        finally:
            torch.set_default_dtype(default)
