"""Merging another machine's store into this one: plan what would come, then copy it."""

from .apply import apply_merge
from .screen import find_odd_entry
from .survey import MergePlan, plan_merge

__all__ = ["MergePlan", "apply_merge", "find_odd_entry", "plan_merge"]
