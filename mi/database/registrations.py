"""Loading registrations, and what earlier versions left in place of them.

Earlier versions registered nothing: what a run selected held its expectations, and they count as
registered when the first run with them started. A run of this version names the registrations that
it began with, which also shows that its results came after them. The schema's version covers this
file, so a change here fills every database again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..store.layout import RUN_FILE
from ..store.registrations import read_registration
from ..units.claims import StoredDesign, Term, claim_terms, conditions_digest, read_claims
from .load import insert_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def load_registration(connection: DuckDBPyConnection, path: Path) -> None:
    """Load a registration.

    Raises:
        CorruptError: It is not what was written.
    """
    record, name = read_registration(path), path.stem
    design = conditions_digest(record.terms)
    claims = json.dumps(record.claims, ensure_ascii=False)
    identity = (name, record.experiment, record.expectation, design)
    provenance = (record.run, record.commit, record.dirty, record.host)
    row = (*identity, record.says, claims, record.time, *provenance)
    insert_rows(connection, "registration", [row])
    rows = [(name, *row) for row in _term_rows(record.terms, record.settings)]
    insert_rows(connection, "registration_term", rows)
    insert_rows(connection, "registration_existing", [(name, item) for item in record.existing])


def load_run_registrations(connection: DuckDBPyConnection, directory: Path) -> None:
    """Load which registrations a run began with; a run of an earlier version has no rows."""
    record = json.loads((directory / RUN_FILE).read_text(encoding="utf-8"))
    names = record.get("registrations")
    if names is not None:
        rows = [(directory.name, name) for name in (None, *names)]
        insert_rows(connection, "run_registration", rows)


def load_selection_terms(connection: DuckDBPyConnection, path: Path) -> None:
    """Load which conditions the expectations of a selection are about.

    Args:
        connection: A connection in a transaction.
        path: The selection's path without the suffixes of its two files.
    """
    record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    for experiment in record["experiments"]:
        for expectation in experiment.get("expectations", ()):
            with suppress(KeyError):  # about a quantity of an extension that is not installed
                declared = experiment["declared"]
                settings = [setting["id"] for setting in declared["settings"]]
                terms = claim_terms(read_claims(expectation["claims"]), StoredDesign.read(declared))
                owner = (experiment["id"], expectation["expectation"], conditions_digest(terms))
                rows = [(path.name, *owner, *row) for row in _term_rows(terms, settings)]
                insert_rows(connection, "expectation_term", rows)


def _term_rows(terms: Iterable[Term], settings: Iterable[str]) -> list[tuple[Any, ...]]:
    """A row for each term in each setting it is about."""
    names = tuple(settings)
    return [
        (setting, term.eval, term.distribution, term.measure, term.condition, *term.axes)
        for term in terms
        for setting in ((term.setting,) if term.setting else names)
    ]
