"""Claims have an identity of their own: what is claimed, whatever words stand beside it."""

from __future__ import annotations

from ..spec import Expect
from .identity import DIGITS, canonical, digest


def expectation_id(expectation: Expect) -> str:
    """What an expectation is called: a digest of what it claims, whatever words stand beside it."""
    return digest(canonical(expectation))[:DIGITS]
