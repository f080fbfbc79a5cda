"""Whose results a command looks at: what its flags say, or else what there is results of."""

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
SELECT DISTINCT c.model, c.setting, c.data FROM current_cell c JOIN unit u USING (unit)
WHERE list_contains(?, c.experiment) AND c.role LIKE 'eval:%' ORDER BY ALL
"""


def result_scope(
    args: argparse.Namespace, session: Session, connection: DuckDBPyConnection
) -> ResultScope:
    """The model and data whose results are meant.

    A model or a source that is not named is the usual one where that has results, and otherwise the
    only one that has.

    Raises:
        NothingSelected: There are no results.
        UsageError: There are results of several others, so that one has to be named.
    """
    experiments = tuple(one.experiment.id for one in session.selection)
    rows = connection.execute(_AVAILABLE, [list(experiments)]).fetchall()
    if not rows:
        raise NothingSelected(
            f"there are no results of {', '.join(experiments)} yet",
            hint=f"`mi run {experiments[0]}` first",
        )
    models = list(dict.fromkeys(model for model, _, _ in rows))
    model = _choose(session.model.id, models, is_explicit=bool(args.model), flag="--model")
    named = {text.partition("=")[0] for text in args.data}
    data = {}
    for setting in dict.fromkeys(setting for _, setting, _ in rows):
        sources = [source for one, name, source in rows if (one, name) == (model, setting)]
        if sources:
            usual = session.source(setting)
            data[setting] = _choose(
                usual, sources, is_explicit=setting in named, flag=f"--data {setting}=…"
            )
    declared = {one.experiment.id: declared_conditions(one.experiment) for one in session.selection}
    return ResultScope(experiments=experiments, model=model, data=data, condition_names=declared)


def _choose(default: str, available: Sequence[str], *, is_explicit: bool, flag: str) -> str:
    if default in available:
        return default
    if is_explicit:
        raise NothingSelected(
            f"there are no results on {default}", hint=f"on {', '.join(available)} only"
        )
    if len(available) > 1:
        raise UsageError(f"there are results on {', '.join(available)}: say which with {flag}")
    return available[0]
