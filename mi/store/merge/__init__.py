"""Merging another machine's store into this one: first what would come, then the bringing."""

from .apply import apply_merge
from .survey import MergePlan, plan_merge

__all__ = ["MergePlan", "apply_merge", "plan_merge"]
