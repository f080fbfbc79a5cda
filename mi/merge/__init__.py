"""Merging another machine's store into this one: first what would come, then the bringing."""

from .bring import bring
from .incoming import Incoming, survey

__all__ = ["Incoming", "bring", "survey"]
