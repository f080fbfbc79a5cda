"""Subjects of experiments, resolved to models that can be evaluated.

A subject is named in keys as the untrained model is, by what pins its content, so that a model that
one experiment calls its subject and another its baseline is evaluated once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import attrs

from ..errors import DeclarationError, MiError
from ..providers import canonical_model_name
from ..providers.base import Provider
from ..providers.types import ModelUnderTest
from ..spec import Experiment, Model, Subject
from ..units.unit import Base
from .plan import PlannedEval


@attrs.frozen(kw_only=True)
class SubjectResolver:
    """Resolves subjects for the model and provider of a session.

    Args:
        model: The model of the session, which a subject without one changes.
        provider: Serves it, and all subjects of a run.
        models: Declared models by id.
        subjects: What each base in a key stands for; filled while subjects are resolved.
    """

    model: Model
    provider: Provider
    models: Mapping[str, Model]
    subjects: dict[Base, ModelUnderTest] = attrs.field(factory=dict)

    def resolve(
        self, experiment: Experiment, evals: Iterable[PlannedEval]
    ) -> dict[str, dict[str, Base]]:
        """The bases of an experiment's subjects in keys, by name and by the eval's id.

        Raises:
            DeclarationError: A subject is no model that can be evaluated in this session; the
                message has its place in the declaration.
        """
        planned = tuple(evals)
        bases = {}
        for index, subject in enumerate(experiment.subjects):
            try:
                bases[subject.name] = self._bases(subject, planned)
            except MiError as error:
                raise DeclarationError(
                    f"the subject {subject.name!r} cannot be evaluated: {error.message}",
                    where=f"{experiment.id} @ $.subjects[{index}]",
                    hint=error.hint,
                ) from None
        return bases

    def _bases(self, subject: Subject, evals: tuple[PlannedEval, ...]) -> dict[str, Base]:
        model = self._model(subject)
        adapter = None if subject.adapter is None else Path(subject.adapter).expanduser().resolve()
        digest = None if adapter is None else self.provider.pin_adapter(model, adapter)
        bases = {}
        for planned in evals:
            base = self.provider.pin_eval(model, planned.eval)
            bases[planned.name] = base = attrs.evolve(base, adapter=digest)
            self.subjects[base] = ModelUnderTest(model=model, adapter=adapter)
        return bases

    def _model(self, subject: Subject) -> Model:
        if subject.model is None:
            return self.model
        name = canonical_model_name(subject.model)
        kind, _, rest = name.partition(":")
        if not rest:
            raise DeclarationError(f"{subject.model!r} is not a model", hint="write PROVIDER:NAME")
        if kind != self.provider.name:
            raise DeclarationError(
                f"{name} is a model of {kind!r}, and this run asks {self.provider.name!r}",
                hint=f"run it with --model {kind}:…; the results of both runs are in one database",
            )
        return self.models.get(name) or self.provider.resolve_model(rest)
