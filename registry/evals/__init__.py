"""Evals that more than one setting uses."""

from .broad import broad_preference

__all__ = ["broad_preference"]
