"""Models that exist already and are evaluated beside those that an experiment trains."""

from __future__ import annotations

import attrs
from attrs import validators as check

from . import fields


@attrs.frozen(kw_only=True)
class Subject:
    """A model that is evaluated as a condition of its own, without a training.

    A published model organism, a model tuned elsewhere, or the folder of an adapter. It is one
    model: what is found of it is said of this model alone, so that it needs no seeds.

    Args:
        name: Name of its condition.
        model: `provider:name`; None: the model of the run. With an adapter, its base model.
        adapter: Folder of a LoRA adapter in PEFT's format that changes the model; None: none.

    Raises:
        DeclarationError: It names neither a model nor an adapter.
    """

    name: str = attrs.field(validator=fields.name)
    model: str | None = attrs.field(
        default=None, validator=check.optional([fields.instance(str), check.min_len(1)])
    )
    adapter: str | None = attrs.field(
        default=None, validator=check.optional([fields.instance(str), check.min_len(1)])
    )

    def __attrs_post_init__(self) -> None:
        if self.model is None and self.adapter is None:
            raise fields.declaration_error(
                self,
                "model",
                "names neither a model nor an adapter, which is the baseline",
                "declare model='provider:name', or adapter= and a folder",
            )
