"""The roles of units in a cell: `mix`, `train`, and `eval:<id>` for each eval.

Of a recipe, `mix` and `train` are those of the last stage; `mix:1` and `train:1` those of the first
of several. The eval whose answers are rows has the role `rows:2.1` if they are those of the first
part of stage 2. An eval at a checkpoint of the last training has the role
`eval:<id>#<step>`.

They stand in the records of runs. `mi/database/schema.sql` has the same functions in SQL.
"""

from __future__ import annotations

from .unit import Evaluate

_EVAL_PREFIX = f"{Evaluate.kind}:"


def eval_role(eval_id: str, step: int | None = None) -> str:
    """The role of the unit that runs an eval, on the trained model or at a step before its end."""
    return _EVAL_PREFIX + eval_id + ("" if step is None else f"#{step}")


def stage_role(kind: str, stage: int, stages: int) -> str:
    """The role of a unit that trains, or is trained on, in a stage.

    Args:
        kind: `mix` or `train`.
        stage: The stage, from 1.
        stages: The number of stages.
    """
    return kind if stage == stages else f"{kind}:{stage}"


def rows_role(stage: int, part: int) -> str:
    """The role of the eval whose answers are the rows of a part.

    Args:
        stage: The stage, from 1.
        part: The part, from 1.
    """
    return f"rows:{stage}.{part}"


def is_eval_role(role: str) -> bool:
    """Whether the unit in a role runs an eval."""
    return role.startswith(_EVAL_PREFIX)
