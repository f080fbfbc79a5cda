"""Registrations: what was expected, and what the store held already when it was.

A registration is written once and never changed. Its name is the sha256 of its file, so that a
published name commits to the claims, and `sha256sum registrations/*` shows whether a file is as it
was written. Copies in several stores are the same file.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs

from ..errors import CorruptError
from ..files import atomic, gate
from ..files.serialize import converter, from_json
from ..units.claims import Term, conditions_digest
from ..units.identity import digest
from .layout import REGISTRATIONS, StoreLayout, list_names

_LOGGER = logging.getLogger(__name__)
REGISTRATION_LOCK = "registrations"
"""The lock under which expectations are registered."""


@attrs.frozen(kw_only=True)
class RegistrationRecord:
    """An expectation of an experiment, as it was at one moment.

    Args:
        experiment: The id of the experiment.
        expectation: Digest of the claims.
        says: The expectation in words.
        claims: The claims, as plain JSON.
        settings: The ids of the experiment's settings.
        terms: The conditions that the claims refer to.
        time: When it was registered, in UTC.
        run: The run that registered it before its first eval; None: `mi register`.
        commit: The git commit of the project; None outside a repository.
        dirty: Whether the project had uncommitted changes; None outside a repository.
        host: The name of the machine.
        existing: What the store held about these conditions: keys of evals with results, and
            `JOURNAL:QUESTIONS` for a journal of answers or likelihoods and the digest of the
            questions that it answered. Evals of other samples or judges share the latter.
        format: Version of this record.
    """

    experiment: str
    expectation: str
    says: str
    claims: list[dict[str, Any]]
    settings: tuple[str, ...]
    terms: tuple[Term, ...]
    time: str
    run: str | None
    commit: str | None
    dirty: bool | None
    host: str
    existing: tuple[str, ...]
    format: int = 1

    @property
    def identity(self) -> tuple[str, str, str]:
        """What is registered once: the experiment, the claims and the conditions they are about."""
        return self.experiment, self.expectation, conditions_digest(self.terms)

    @property
    def text(self) -> str:
        """The content of its file."""
        return json.dumps(converter().unstructure(self), ensure_ascii=False, indent=1) + "\n"

    @property
    def name(self) -> str:
        """The sha256 of its file, which is its name."""
        return digest(self.text)


@attrs.frozen
class RegistrationFiles:
    """The registrations below the root of a store on this machine."""

    layout: StoreLayout

    def save(self, record: RegistrationRecord) -> str:
        """Write a registration, unless an intact one of its name exists. Returns its name."""
        name, text = record.name, record.text
        self.layout.ensure_dir(REGISTRATIONS)
        path = self.layout.registration_file(name)
        if not path.exists() or path.read_bytes() != text.encode():
            atomic.write_atomic(path, text)
        return name

    def names(self) -> list[str]:
        """The names of all registrations, damaged ones included."""
        files = list_names(self.layout.root / REGISTRATIONS)
        return sorted(name.removesuffix(".json") for name in files if name.endswith(".json"))

    def read_all(self) -> dict[str, RegistrationRecord]:
        """The intact registrations by name, oldest first.

        What a damaged one registered is registered anew, which never makes a claim earlier.
        """
        return dict(sorted(self._readable(), key=lambda item: (item[1].time, item[0])))

    def faults(self) -> dict[str, str]:
        """The damaged registrations by name, and what is wrong with each."""
        faults = {}
        for name in self.names():
            try:
                read_registration(self.layout.registration_file(name))
            except CorruptError as error:
                faults[name] = error.message
        return faults

    def _readable(self) -> Iterator[tuple[str, RegistrationRecord]]:
        for name in self.names():
            try:
                yield name, read_registration(self.layout.registration_file(name))
            except CorruptError as error:
                _LOGGER.warning("a registration is left out: %s", error)


def read_registration(path: Path) -> RegistrationRecord:
    """The registration in a file.

    Raises:
        CorruptError: The file is not what was written, or of a later version.
    """
    try:
        content = gate.read_file(path)
    except FileNotFoundError:
        raise CorruptError("cannot be read (No such file or directory)", where=str(path)) from None
    except gate.Refused as error:
        raise CorruptError(str(error), where=str(path)) from None
    if digest(content) != path.stem:
        raise CorruptError(
            "is not what was written: its name is the sha256 of its content",
            where=str(path),
            hint="restore it from a copy; until then its expectation counts as not registered",
        )
    return from_json(content, RegistrationRecord, path)
