"""Evals that more than one setting uses."""

from .broad import broad_preference
from .emergent import emergent_free_form

__all__ = ["broad_preference", "emergent_free_form"]
