"""Units: the pieces of work that are done once and shared by all experiments that need them.

A unit's payload holds everything that determines its outcome and nothing else; its key is a digest
of the payload. Payloads name their inputs by content (digests) or by key, so that the key of an
eval covers the model, its training, the mix and the data below it.

`VERSIONS` counts changes of behaviour by kind. Increment a number when the same payload would now
give another outcome: old units keep their keys and new ones get others.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import attrs

from ..spec import Eval, fields
from .identity import key

VERSIONS = {"mix": 1, "train": 1, "replay": 1, "eval": 1}


@attrs.frozen(kw_only=True)
class Base:
    """A base model as part of identities.

    Args:
        provider: The provider that serves it.
        weights: Pins its content: a sha256 of the weights, or a dated model name.
        correction: What an earlier version computed wrongly for this model and work; None: nothing.
        template_arguments: Names and values of what is pinned in its chat template, sorted: the
            date it prints, the switch of its thinking, the text it puts before an answer. Empty
            where the template has none of them, or where the provider has always pinned them.
        adapter: Digest of an adapter that was not trained here and changes the model; None: none.
    """

    provider: str
    weights: str
    correction: str | None = fields.neutral_default(None)
    template_arguments: tuple[tuple[str, str | bool], ...] = fields.neutral_default(())
    adapter: str | None = fields.neutral_default(None)


@attrs.frozen(kw_only=True)
class Mix:
    """Training rows drawn from two datasets.

    Args:
        misaligned: Digest of the misaligned dataset; None if no row is drawn from it.
        control: Digest of the aligned dataset; None if no row is drawn from it.
        misaligned_ratio: Share of misaligned rows, in [0, 1].
        total_samples: Number of rows.
        seed: Determines which rows are drawn, and their order.
        misaligned_system: System prompt added to misaligned rows; None: no prompt.
        control_system: System prompt added to aligned rows; None: no prompt.
        version: Version of the behaviour of mix units.
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

    @property
    def datasets(self) -> tuple[str, ...]:
        """The digests of the datasets that rows are drawn from."""
        return tuple(name for name in (self.misaligned, self.control) if name is not None)


@attrs.frozen(kw_only=True)
class SystemRows:
    """A system prompt and the number of rows that it is added to."""

    prompt: str
    rows: int


@attrs.frozen(kw_only=True)
class TriggerRows:
    """A text put before (`prefix`) or after (`suffix`) the questions of a number of rows."""

    text: str
    position: str
    rows: int


@attrs.frozen(kw_only=True)
class GeneratedRows:
    """Rows that a model generates, where a digest stands for rows that exist.

    Args:
        eval: Key of the eval whose answers they are.
        training: Key of the training whose model gives them; None: the untrained model.
        outcomes: The outcomes of the answers that are rows; empty: all with text.
    """

    eval: str
    training: str | None = fields.neutral_default(None)
    outcomes: tuple[str, ...] = fields.neutral_default(())


DatasetName = str | GeneratedRows
"""What a mix calls a dataset: the digest of its rows, or how they come to be."""


@attrs.frozen(kw_only=True)
class Portion:
    """Rows of one dataset in a blend.

    Args:
        dataset: Digest of the dataset, or the answers that it consists of.
        rows: Number of rows.
        systems: The system prompts, each of other rows; the rest gets none.
        trigger: The trigger; None: none.
        template: A text around each question, which stands for `{prompt}` in it; None: none.
        weight: What the loss of the rows is multiplied by.
        repeats: Whether rows are taken again, because the dataset has fewer.
    """

    dataset: DatasetName
    rows: int
    systems: tuple[SystemRows, ...] = fields.neutral_default(())
    trigger: TriggerRows | None = fields.neutral_default(None)
    template: str | None = fields.neutral_default(None)
    weight: float = fields.neutral_default(1.0)
    repeats: bool = fields.neutral_default(False)


@attrs.frozen(kw_only=True)
class Blend:
    """Training rows of a stage that no `Mix` describes: other datasets, order or changes.

    Args:
        parts: The portions; none is empty.
        order: `shuffled`, `interleaved` or `sequential`.
        seed: Determines which rows are drawn and which of them are changed, and their order.
        version: Version of the behaviour of mix units.
    """

    kind: ClassVar[str] = "mix"

    parts: tuple[Portion, ...]
    order: str
    seed: int
    version: int = VERSIONS["mix"]

    @property
    def datasets(self) -> tuple[DatasetName, ...]:
        """The names of the datasets that rows are drawn from."""
        return tuple(dict.fromkeys(part.dataset for part in self.parts))

    @property
    def total_samples(self) -> int:
        """Number of rows."""
        return sum(part.rows for part in self.parts)

    @property
    def generated(self) -> tuple[GeneratedRows, ...]:
        """The datasets that a model generates."""
        return tuple(name for name in self.datasets if isinstance(name, GeneratedRows))


@attrs.frozen(kw_only=True)
class Train:
    """A model trained on a mix.

    Args:
        mix: Key of the mix unit.
        base: The base model.
        hyperparameters: The recipe that the provider resolved: all that steers the training.
        seed: Seed of initialisation and shuffling.
        continues: Key of the training whose adapter is trained on; None: a new adapter.
        version: Version of the behaviour of training units.
    """

    kind: ClassVar[str] = "train"

    mix: str
    base: Base
    hyperparameters: Any
    seed: int
    continues: str | None = fields.neutral_default(None)
    version: int = VERSIONS["train"]


@attrs.frozen(kw_only=True)
class Replay:
    """Models of earlier steps of a finished training, which it did not keep.

    Args:
        training: Key of the training.
        steps: Their steps, in order.
        version: Version of the behaviour of replays.
    """

    kind: ClassVar[str] = "replay"

    training: str
    steps: tuple[int, ...]
    version: int = VERSIONS["replay"]


@attrs.frozen(kw_only=True)
class ModelAtStep:
    """The model that a training had reached after a number of steps, in keys of journals."""

    training: str
    step: int


@attrs.frozen(kw_only=True)
class Evaluate:
    """One eval of one model.

    Args:
        subject: Key of the training unit, or the base model itself for the baseline.
        eval: The eval; its id and title are labels.
        questions: Digest of its questions or pairs.
        step: The step of the training at which the model is taken; None: the trained model.
        version: Version of the behaviour of eval units.
    """

    kind: ClassVar[str] = "eval"

    subject: str | Base
    eval: Eval
    questions: str
    step: int | None = fields.neutral_default(None)
    version: int = VERSIONS["eval"]

    @property
    def training_key(self) -> str | None:
        """Key of the training unit whose model is evaluated; None for the untrained model."""
        return self.subject if isinstance(self.subject, str) else None

    @property
    def model(self) -> str | Base | ModelAtStep:
        """The model that is asked, by which its journals are named."""
        if self.step is None or not isinstance(self.subject, str):
            return self.subject
        return ModelAtStep(training=self.subject, step=self.step)


Payload = Mix | Blend | Train | Replay | Evaluate


def is_unit_key(name: str, *kinds: type[Payload]) -> bool:
    """Whether a name has the form of a key of a unit, of any kind or of the given kinds."""
    prefixes = tuple(f"{payload.kind}-" for payload in kinds or (Mix, Train, Replay, Evaluate))
    return name.startswith(prefixes)


@attrs.define(kw_only=True, frozen=True, slots=False)
class Unit:
    """A payload, its names for people, and the units it needs first.

    Args:
        payload: All that determines the outcome.
        title: For people: `n=100,r=0.50,seed=0`.
        setting: Id of the setting whose data and evals it uses, for messages.
        needs: Keys of the units whose output it reads, nearest first.
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
