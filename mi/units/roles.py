"""The roles of units in a cell: `mix`, `train`, and `eval:<id>` for each eval.

Of a recipe, `mix` and `train` are those of the last stage; `mix:1` and `train:1` those of the first
of several. The eval whose answers are rows has the role `rows:2.1` if they are those of the first
part of stage 2. An eval has the role `eval:<id>@<context>` where its questions are put in a context
other than plain, and `eval:<id>#<step>` or `eval:<id>@<context>#<step>` at a checkpoint of the last
training.

They stand in the records of runs. `mi/database/schema.sql` has the same functions in SQL.
"""

from __future__ import annotations

from ..spec import PLAIN
from .unit import Evaluate

_EVAL_PREFIX = f"{Evaluate.kind}:"


def eval_role(eval_id: str, step: int | None = None, context: str = PLAIN) -> str:
    """The role of the unit that runs an eval.

    Args:
        eval_id: The eval's id.
        step: A step before the training's end; None: the trained model, or the untrained one.
        context: The name of the context in which its questions are put.
    """
    return _EVAL_PREFIX + eval_in_context(eval_id, context) + ("" if step is None else f"#{step}")


def eval_in_context(eval_id: str, context: str) -> str:
    """The name of an eval in a context: `ID`, or `ID@CONTEXT`."""
    return eval_id if context == PLAIN else f"{eval_id}@{context}"


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
