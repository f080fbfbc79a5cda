"""The roles of units in a cell: `mix`, `train`, and `eval:<id>` for each eval.

They stand in the records of runs. `mi/database/schema.sql` has the same two functions in SQL.
"""

from __future__ import annotations

from .unit import Evaluate

_EVAL_PREFIX = f"{Evaluate.kind}:"


def eval_role(eval_id: str) -> str:
    """The role of the unit that runs an eval."""
    return _EVAL_PREFIX + eval_id


def is_eval_role(role: str) -> bool:
    """Whether the unit in a role runs an eval."""
    return role.startswith(_EVAL_PREFIX)
