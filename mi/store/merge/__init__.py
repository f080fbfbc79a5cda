"""Merging another machine's store into this one: first what would come, then the bringing."""

from .apply import apply
from .survey import Incoming, survey

__all__ = ["Incoming", "apply", "survey"]
