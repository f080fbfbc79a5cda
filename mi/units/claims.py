"""The identity of an expectation: what it claims, whatever its wording."""

from __future__ import annotations

from ..spec import Expect
from .identity import DIGITS, canonical, digest


def expectation_id(expectation: Expect) -> str:
    """A digest of the claims of an expectation, 16 hex digits; its sentence is not part of it."""
    return digest(canonical(expectation))[:DIGITS]
