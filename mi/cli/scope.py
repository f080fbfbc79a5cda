"""The results that a command reads: of which model, and trained on which data.

Flags decide. Where they say nothing, the default is taken if it has results, and otherwise the only
alternative that has: a command never picks one of several by itself.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..analysis.evidence import ResultScope
from ..errors import NothingSelected, UsageError
from ..planning.session import Session
from ..units.cells import declared_conditions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

_AVAILABLE = """
SELECT DISTINCT c.model, c.setting, c.data FROM current_eval c JOIN unit u USING (unit)
WHERE list_contains(?, c.experiment) ORDER BY ALL
"""


def result_scope(
    args: argparse.Namespace, session: Session, connection: DuckDBPyConnection
) -> ResultScope:
    """The scope of the selected experiments.

    Args:
        args: `model` and `data` of the command line.
        session: The selected experiments, with the default model and sources.
        connection: The results database.

    Raises:
        NothingSelected: There are no results, or none of the named model or data.
        UsageError: Several models or sources have results, and no flag chooses one.
    """
    experiments = tuple(selection.experiment.id for selection in session.selection)
    rows = connection.execute(_AVAILABLE, [list(experiments)]).fetchall()
    if not rows:
        raise NothingSelected(
            f"there are no results of {', '.join(experiments)} yet",
            hint=f"`mi run {experiments[0]}` produces them",
        )
    models = list(dict.fromkeys(model for model, _, _ in rows))
    model = _choose(session.model.id, models, is_explicit=bool(args.model), flag="--model")
    named_settings = {text.partition("=")[0] for text in args.data}
    data = {}
    for setting in dict.fromkeys(setting for _, setting, _ in rows):
        sources = [row[2] for row in rows if row[:2] == (model, setting)]
        if sources:
            data[setting] = _choose(
                session.source(setting),
                sources,
                is_explicit=setting in named_settings,
                flag=f"--data {setting}=…",
            )
    condition_names = {
        selection.experiment.id: declared_conditions(selection.experiment)
        for selection in session.selection
    }
    return ResultScope(
        experiments=experiments, model=model, data=data, condition_names=condition_names
    )


def _choose(default: str, available: Sequence[str], *, is_explicit: bool, flag: str) -> str:
    if default in available:
        return default
    if is_explicit:
        raise NothingSelected(
            f"there are no results for {default}",
            hint=f"there are results for {', '.join(available)}",
        )
    if len(available) > 1:
        raise UsageError(
            f"there are results for {', '.join(available)}", hint=f"choose one with {flag}"
        )
    return available[0]
