"""Whose results a command looks at: what its flags say, or else what there is results of."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..analysis.evidence import Subject
from ..errors import NothingSelected, UsageError
from ..planning.session import Session
from ..units.cells import places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

_SEEN = """
SELECT DISTINCT c.model, c.setting, c.data FROM current_cell c JOIN unit u USING (unit)
WHERE list_contains(?, c.experiment) AND c.role LIKE 'eval:%' ORDER BY ALL
"""


def subject(parsed: argparse.Namespace, opened: Session, connection: DuckDBPyConnection) -> Subject:
    """The model and data whose results are meant.

    A model or a source that is not named is the usual one where that has results, and otherwise the
    only one that has.

    Raises:
        NothingSelected: There are no results.
        UsageError: There are results of several others, so that one has to be named.
    """
    experiments = tuple(one.experiment.id for one in opened.selected)
    rows = connection.execute(_SEEN, [list(experiments)]).fetchall()
    if not rows:
        raise NothingSelected(
            f"there are no results of {', '.join(experiments)} yet",
            hint=f"`mi run {experiments[0]}` first",
        )
    models = list(dict.fromkeys(model for model, _, _ in rows))
    model = _one(opened.model.id, models, named=bool(parsed.model), flag="--model")
    named = {text.partition("=")[0] for text in parsed.data}
    data = {}
    for setting in dict.fromkeys(setting for _, setting, _ in rows):
        sources = [source for one, name, source in rows if (one, name) == (model, setting)]
        if sources:
            usual = opened.source(setting)
            data[setting] = _one(usual, sources, named=setting in named, flag=f"--data {setting}=…")
    declared = {one.experiment.id: places(one.experiment) for one in opened.selected}
    return Subject(experiments=experiments, model=model, data=data, places=declared)


def _one(usual: str, seen: Sequence[str], *, named: bool, flag: str) -> str:
    if usual in seen:
        return usual
    if named:
        raise NothingSelected(f"there are no results on {usual}", hint=f"on {', '.join(seen)} only")
    if len(seen) > 1:
        raise UsageError(f"there are results on {', '.join(seen)}: say which with {flag}")
    return seen[0]
