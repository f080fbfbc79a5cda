"""Units: the pieces of work that are done once, whoever needs them.

A unit's payload holds what decides its outcome and nothing else; its key is the payload's digest.
Payloads name their inputs by content (digests) or by key, so the key of an eval covers the model,
its training, the mix and the data below it.

`VERSIONS` counts changes of behaviour of each kind. Raise a number when the same payload would now
give another outcome; old units then keep their keys and new ones get others.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import attrs

from ..spec import Eval, fields
from .identity import key

VERSIONS = {"mix": 1, "train": 1, "eval": 1}


@attrs.frozen(kw_only=True)
class Base:
    """A base model as identities see it.

    Args:
        provider: Who serves it.
        weights: What pins its content: a sha256 of the weights, or a dated model name.
    """

    provider: str
    weights: str


@attrs.frozen(kw_only=True)
class Mix:
    """Rows drawn from two datasets. A dataset nothing is drawn from has no digest here.

    Args:
        misaligned_system: The system prompt that misaligned rows are given; None for none.
        control_system: The same for aligned rows.
    """

    kind: ClassVar[str] = "mix"

    misaligned: str | None
    control: str | None
    misaligned_ratio: float
    total_samples: int
    seed: int
    misaligned_system: str | None = fields.neutral_default(None)
    control_system: str | None = fields.neutral_default(None)
    version: int = VERSIONS["mix"]


@attrs.frozen(kw_only=True)
class Train:
    """A base model trained on a mix (named by key)."""

    kind: ClassVar[str] = "train"

    mix: str
    base: Base
    hyperparameters: Any
    seed: int
    version: int = VERSIONS["train"]


@attrs.frozen(kw_only=True)
class Evaluate:
    """A model put to one eval.

    Args:
        subject: Key of the training unit, or the base model itself for the baseline.
        eval: The eval; its id and title are labels.
        questions: Digest of what it asks.
    """

    kind: ClassVar[str] = "eval"

    subject: str | Base
    eval: Eval
    questions: str
    version: int = VERSIONS["eval"]

    @property
    def training_key(self) -> str | None:
        """The training whose model it is of; None for the untrained model."""
        return self.subject if isinstance(self.subject, str) else None


Payload = Mix | Train | Evaluate


@attrs.define(kw_only=True, frozen=True, slots=False)
class Unit:
    """A payload, what people call it, and the units it needs first.

    Args:
        payload: What decides the outcome.
        title: For people: `n=100,r=0.50,seed=0`.
        setting: The setting whose data and evals it uses, for messages.
        needs: Keys of units whose output it reads, nearest first.
    """

    payload: Payload
    title: str
    setting: str
    needs: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return self.payload.kind

    @cached_property
    def key(self) -> str:
        return key(self.kind, self.payload)
