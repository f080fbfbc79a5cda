"""Evals as records hold them, read back: what a stored eval asks, and how it is judged.

A payload holds what decides an outcome and no labels. The names of rubrics are found again by the
journals of the record, whose names depend on the prompts; other labels are placeholders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

import attrs

from .. import spec
from ..errors import DeclarationError
from ..spec import Eval, Judge, ModelJudge, Resource, Rubric
from ..spec.fields import LABEL
from .identity import canonical, key
from .journals import ANSWERS, JUDGMENTS
from .unit import Base, Evaluate

_PLACEHOLDERS: Mapping[str, Any] = {
    "id": "stored",
    "title": "stored",
    "questions": Resource(package="mi", file="stored"),
    "pairs": Resource(package="mi", file="stored"),
}


def read_evaluate(
    stored: Mapping[str, Any], journals: Mapping[str, str], rubrics: Iterable[Rubric] = ()
) -> Evaluate:
    """The payload of an eval unit, from its JSON form.

    Args:
        stored: As `json_form` gives it.
        journals: The journals of the record: role → name.
        rubrics: Rubrics that are declared now; one that asks the same is taken with its name and
            its known answers.

    Raises:
        ValueError: It is of another version, or of a class that is not installed.
    """
    known = {canonical(rubric): rubric for rubric in rubrics}
    try:
        payload = _Reader(known, {}).read(stored)
        if isinstance(payload, Evaluate) and (judge := payload.eval.model_judge) is not None:
            names = _rubric_names(judge, journals)
            payload = _Reader(known, names).read(stored)
    except (KeyError, TypeError, AttributeError, DeclarationError) as error:
        raise ValueError(f"it cannot be read ({type(error).__name__}: {error})") from None
    if not isinstance(payload, Evaluate):
        raise ValueError("it is no eval")
    return payload


def _rubric_names(judge: ModelJudge, journals: Mapping[str, str]) -> dict[str, str]:
    """Names of rubrics as a record has them, by the names that they were read with."""
    roles = {
        name: role.partition(":")[2] for role, name in journals.items() if JUDGMENTS.has_role(role)
    }
    answers = journals.get(ANSWERS.prefix, "")
    read = {
        name: roles.get(key(JUDGMENTS.prefix, (answers, method)))
        for name, method in judge.methods.items()
    }
    return {name: role for name, role in read.items() if role is not None}


class _Reader:
    """Reads values from their JSON form.

    Args:
        known: Declared rubrics by their canonical form.
        names: Names of other rubrics, by the placeholder that they get.
    """

    def __init__(self, known: Mapping[str, Rubric], names: Mapping[str, str]) -> None:
        self._known = known
        self._names = names
        self._classes = _payload_classes()
        self._rubrics = 0

    def read(self, value: Any) -> Any:
        if isinstance(value, list):
            return tuple(map(self.read, value))
        if not isinstance(value, Mapping):
            return value
        kind = self._classes[value["!"]]
        if issubclass(kind, Enum):
            return kind[value["name"]]
        given = {name: self.read(item) for name, item in value.items() if name != "!"}
        if kind is Rubric:
            return self._rubric(given)
        for field in attrs.fields(kind):
            if field.metadata.get(LABEL) and field.default is attrs.NOTHING:
                given.setdefault(field.name, _PLACEHOLDERS[field.name])
        return kind(**given)

    def _rubric(self, given: Mapping[str, Any]) -> Rubric:
        self._rubrics += 1
        placeholder = f"rubric{self._rubrics}"
        rubric = Rubric(**given, name=self._names.get(placeholder, placeholder))
        return self._known.get(canonical(rubric), rubric)


def _payload_classes() -> dict[str, Any]:
    """The classes in payloads of evals by name, with those of extensions."""
    declared = {
        name: value
        for name, value in vars(spec).items()
        if isinstance(value, type) and (attrs.has(value) or issubclass(value, Enum))
    }
    classes: dict[str, Any] = {**declared, "Evaluate": Evaluate, "Base": Base}
    pending: list[type[Any]] = [Eval, Judge]
    while pending:
        pending.extend(subclasses := pending.pop().__subclasses__())
        classes |= {subclass.__name__: subclass for subclass in subclasses}
    return classes
