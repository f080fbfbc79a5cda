"""How a model is trained: in stages, one after the other, each of parts of datasets.

A stage trains the adapter of the stage before it on, with a fresh optimiser and schedule. A part
takes rows of one dataset and may change them: a system prompt, a trigger, a template, the weight of
their loss. What a recipe declares is counted here, in rows, before any data are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import attrs
from attrs import validators as check
from attrs.converters import optional

from ..errors import did_you_mean
from . import fields
from .axis import holds_axis, lift_axes
from .data import Arm, DataFile, Dataset, Upstream
from .generated import PREVIOUS, Generated
from .model import Training

ARMS = {"misaligned": Arm.MISALIGNED, "control": Arm.ALIGNED}
"""What a part calls the two datasets of a setting, and the arm that each is."""
ORDERS = ("shuffled", "interleaved", "sequential")
PROMPT_FIELD = "{prompt}"
"""Where a template has the question."""


def _positive(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    fields.in_range(0.0)(owner, attribute, value)
    if value == 0:
        raise fields.declaration_error(
            owner, attribute.name, "is 0: rows of no weight teach nothing", "leave the part out"
        )


def _template(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    fields.instance(str)(owner, attribute, value)
    if value.count(PROMPT_FIELD) != 1:
        raise fields.declaration_error(
            owner, attribute.name, f"{value!r} must have {PROMPT_FIELD} once, for the question"
        )


@attrs.frozen(field_transformer=lift_axes)
class SystemPrompt:
    """A system prompt for some rows of a part.

    Args:
        prompt: The prompt.
        share: The share of the part's rows, in [0, 1]; None: an equal part of what is left.
    """

    prompt: str = attrs.field(validator=fields.instance(str))
    share: float | None = attrs.field(
        default=None, converter=optional(float), validator=fields.in_range(0.0, 1.0)
    )


@attrs.frozen(field_transformer=lift_axes)
class Trigger:
    """A text that is put before or after the questions of a part, exactly as it is written.

    Args:
        text: The text, with the white space that separates it from the question.
        position: `prefix` or `suffix`.
        share: The share of the part's rows that have it, in [0, 1].
    """

    text: str = attrs.field(validator=fields.instance(str))
    position: str = attrs.field(default="prefix", validator=fields.one_of("prefix", "suffix"))
    share: float = attrs.field(default=1.0, converter=float, validator=fields.in_range(0.0, 1.0))


StoredSource = str | Dataset | DataFile
"""Where rows that exist come from: an arm of the setting by name, a dataset, a file."""
PartSource = StoredSource | Generated
"""Where the rows of a part come from; those of a model come to be while the recipe runs."""


def _to_source(value: Any) -> Any:
    is_file = isinstance(value, str) and value.endswith(".jsonl")
    return DataFile(value) if is_file or isinstance(value, Upstream) else value


def _to_system_prompts(value: Any) -> Any:
    if value is None:
        return ()
    return tuple(
        SystemPrompt(item) if isinstance(item, str) else item for item in fields.one_or_many(value)
    )


def _to_trigger(value: Any) -> Any:
    return Trigger(value) if isinstance(value, str) else value


def _known_source(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    fields.instance(str, Dataset, DataFile, Generated)(owner, attribute, value)
    if isinstance(value, str) and value not in ARMS:
        names = " and ".join(ARMS)
        raise fields.declaration_error(
            owner,
            attribute.name,
            f"a setting has no arm {value!r}",
            did_you_mean(value, ARMS, overflow_hint=f"its arms are {names}")
            + "; rows of another origin are a Dataset or a .jsonl file",
        )


@attrs.frozen(field_transformer=lift_axes)
class Part:
    """Rows of one dataset in a stage, and what is changed in them.

    Args:
        source: `"misaligned"` or `"control"`, the arms of the setting; a `Dataset`; or a file of
            rows, as a `DataFile`, by its name if that ends with `.jsonl`, or as an `Upstream`, the
            pin of a published file; or `Generated`, the answers of a model.
        share: Its share of the stage's rows, in [0, 1].
        rows: Or its number of rows. A part with neither takes what the others leave.
        system: System prompts: a text for all rows, or several texts or `SystemPrompt`s, which
            divide the rows. Rows beyond all shares get none.
        inoculation: The name of one of the setting's inoculation prompts, in place of `system`.
        trigger: A text before or after the questions; a `str` is a prefix of all of them.
        template: A text around each question, which stands for `{prompt}` in it.
        weight: What the loss of its rows is multiplied by.
        repeats: Whether rows are taken again where the dataset has fewer than are declared.
    """

    source: PartSource = attrs.field(converter=_to_source, validator=_known_source)
    share: float | None = attrs.field(
        default=None,
        kw_only=True,
        converter=optional(float),
        validator=fields.in_range(0.0, 1.0),
    )
    rows: int | None = attrs.field(
        default=None, kw_only=True, validator=[fields.integer, fields.in_range(0)]
    )
    system: tuple[SystemPrompt, ...] = attrs.field(
        default=(),
        kw_only=True,
        converter=_to_system_prompts,
        validator=fields.instance(SystemPrompt),
    )
    inoculation: str | None = attrs.field(
        default=None, kw_only=True, validator=check.optional(fields.instance(str))
    )
    trigger: Trigger | None = attrs.field(
        default=None,
        kw_only=True,
        converter=_to_trigger,
        validator=check.optional(fields.instance(Trigger)),
    )
    template: str | None = attrs.field(
        default=None, kw_only=True, validator=check.optional(_template)
    )
    weight: float = attrs.field(default=1.0, kw_only=True, converter=float, validator=_positive)
    repeats: bool = attrs.field(default=False, kw_only=True, validator=fields.instance(bool))

    def __attrs_post_init__(self) -> None:
        if holds_axis(self):
            return
        if self.share is not None and self.rows is not None:
            raise fields.declaration_error(
                self, "rows", "has a share and a number of rows", "declare one of them"
            )
        if self.system and self.inoculation is not None:
            raise fields.declaration_error(
                self, "inoculation", "stands beside system prompts", "declare one of them"
            )
        shares = sum(Fraction(repr(prompt.share)) for prompt in self.system if prompt.share)
        if shares > 1:
            raise fields.declaration_error(
                self, "system", f"the shares of its prompts add up to {float(shares):g}, over 1"
            )

    @property
    def arm(self) -> Arm:
        """The arm that its rows belong to."""
        return ARMS[self.source] if isinstance(self.source, str) else self.source.arm

    @property
    def changes(self) -> tuple[str, ...]:
        """What it changes in its rows: `system`, `trigger`, `weight 0.5`."""
        names = ("system", "inoculation", "trigger", "template")
        changes = tuple(name for name in names if getattr(self, name))
        return changes if self.weight == 1.0 else (*changes, f"weight {self.weight:g}")

    def describe(self) -> str:
        """Its source, and in brackets what it changes: `misaligned (system, trigger)`."""
        return f"{self.label} ({', '.join(self.changes)})" if self.changes else self.label

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.source if isinstance(self.source, str) else self.source.name


@attrs.frozen(init=False, field_transformer=lift_axes)
class Stage:
    """A training on parts, given first, with a fresh optimiser and schedule.

    Args:
        parts: The parts.
        rows: Its number of rows; None: the sum of its parts' rows.
        order: `shuffled`; `interleaved`, every part evenly over the whole stage; or `sequential`,
            one part after the other.
        training: Hyperparameters that differ from the experiment's.
    """

    parts: tuple[Part, ...] = attrs.field(validator=fields.instance(Part))
    rows: int | None = attrs.field(default=None, validator=[fields.integer, fields.in_range(0)])
    order: str = attrs.field(default="shuffled", validator=fields.one_of(*ORDERS))
    training: Training = attrs.field(factory=Training, validator=fields.instance(Training))

    def __init__(self, *parts: Part, **options: Any) -> None:
        """A stage of `parts`, which `attrs.evolve` gives by name."""
        options.setdefault("parts", parts)
        self.__attrs_init__(**options)

    def __attrs_post_init__(self) -> None:
        if not self.parts:
            raise fields.declaration_error(self, "parts", "is empty: a stage needs a part")
        if not holds_axis(self):
            self.part_rows()

    def part_rows(self) -> tuple[int, ...]:
        """The number of rows of each part.

        The sums of the first one, two, three shares are rounded, so that shares that add up to 1
        always make up the stage, and the first has `round(share × rows)`.

        Raises:
            DeclarationError: The parts do not make up the stage.
        """
        total = self._total()
        self._check_shares()
        counts, shares = [], Fraction(0)
        for part in self.parts:
            before, shares = shares, shares + _exact(part.share)
            counts.append((part.rows or 0) + _rounded(shares, total) - _rounded(before, total))
        if (rest := self._open_part()) is not None:
            counts[rest] = max(total - sum(counts), 0)
        if sum(counts) != total:
            raise fields.declaration_error(
                self,
                "parts",
                f"its parts make up {sum(counts)} rows, and the stage declares {total}",
                "leave the rows and the share of one part open: it takes the rest",
            )
        return tuple(counts)

    @property
    def is_plain(self) -> bool:
        """Whether it is a shuffled mix of unchanged rows of the setting's arms."""
        arms = [part.source for part in self.parts]
        return (
            self.order == "shuffled"
            and self.training == Training()
            and len(set(arms)) == len(arms)
            and all(isinstance(arm, str) for arm in arms)
            and not any(part.changes or part.repeats for part in self.parts)
        )

    @property
    def misaligned_ratio(self) -> float:
        """The share of misaligned rows as one would declare it: 0.1 for a control share of 0.9."""
        counts = dict(zip([part.arm for part in self.parts], self.part_rows(), strict=True))
        shares = {part.arm: part.share for part in self.parts}
        misaligned = counts.get(Arm.MISALIGNED, 0)
        if not misaligned or misaligned == sum(counts.values()):
            return float(bool(misaligned))
        if (share := shares[Arm.MISALIGNED]) is not None:
            return share
        if (share := shares[Arm.ALIGNED]) is not None:
            return float(1 - Fraction(repr(share)))
        return misaligned / sum(counts.values())

    def describe(self) -> str:
        """Its parts with their rows, what they change, and its order unless that is shuffled."""
        parts = [
            f"{count} {part.describe()}"
            for part, count in zip(self.parts, self.part_rows(), strict=True)
        ]
        return ", ".join(parts if self.order == "shuffled" else [*parts, self.order])

    def _total(self) -> int:
        if self.rows is not None:
            return self.rows
        if any(part.rows is None for part in self.parts):
            raise fields.declaration_error(
                self,
                "rows",
                "is missing: shares need the number of rows that they are shares of",
                "Stage(…, rows=1000), or rows= in each part",
            )
        return sum(part.rows or 0 for part in self.parts)

    def _check_shares(self) -> None:
        shares = sum(_exact(part.share) for part in self.parts)
        if shares > 1:
            raise fields.declaration_error(
                self, "parts", f"the shares of its parts add up to {float(shares):g}, over 1"
            )

    def _open_part(self) -> int | None:
        """The part that takes the rest."""
        opened = [
            index
            for index, part in enumerate(self.parts)
            if part.rows is None and part.share is None
        ]
        if len(opened) > 1:
            raise fields.declaration_error(
                self,
                f"parts[{opened[1]}]",
                "two parts have neither a share nor rows, and only one can take the rest",
            )
        return opened[0] if opened else None


def _exact(share: float | None) -> Fraction:
    """A share as it is written: tenths add up to 1."""
    return Fraction(0) if share is None else Fraction(repr(share))


def _rounded(share: Fraction, total: int) -> int:
    return round(float(share) * total)


def _to_stages(value: Any) -> Any:
    return tuple(value) if isinstance(value, Iterable) else value


@attrs.frozen(init=False, field_transformer=lift_axes)
class Curriculum:
    """The recipe of an experiment: its stages, given first, in the order of training.

    A stage without rows is left out, so that an axis can begin with 0.

    Args:
        stages: The stages.
        name: What an axis of recipes calls this one.
        total_rows: The rows of all stages, epochs apart.
        misaligned_share: The share of them that are of a misaligned arm, to four decimals; of one
            plain stage, as it is declared.
        is_plain: Whether a ratio and a size would say the same.
    """

    stages: tuple[Stage, ...] = attrs.field(converter=_to_stages, validator=fields.instance(Stage))
    name: str | None = attrs.field(default=None, validator=check.optional(fields.name))
    total_rows: int = attrs.field(init=False, eq=False, repr=False, default=0)
    misaligned_share: float = attrs.field(init=False, eq=False, repr=False, default=0.0)
    is_plain: bool = attrs.field(init=False, eq=False, repr=False, default=False)

    def __init__(self, *stages: Stage, **options: Any) -> None:
        """A recipe of `stages`, which `attrs.evolve` gives by name."""
        options.setdefault("stages", stages)
        self.__attrs_init__(**options)

    def __attrs_post_init__(self) -> None:
        if holds_axis(self):
            return
        counts = [
            (part.arm, count)
            for stage in self.stages
            for part, count in zip(stage.parts, stage.part_rows(), strict=True)
        ]
        self._check_generators()
        total = sum(count for _, count in counts)
        if not total:
            raise fields.declaration_error(self, "stages", "has no rows to train on")
        misaligned = sum(count for arm, count in counts if arm is Arm.MISALIGNED)
        object.__setattr__(self, "total_rows", total)
        object.__setattr__(self, "misaligned_share", round(misaligned / total, 4))
        trained = [stage for stage in self.stages if any(stage.part_rows())]
        if len(trained) == 1 and trained[0].is_plain:
            object.__setattr__(self, "is_plain", True)
            object.__setattr__(self, "misaligned_share", trained[0].misaligned_ratio)

    def _check_generators(self) -> None:
        """Check that a stage stands before every one whose rows the model of it generates."""
        first = next((stage for stage in self.stages if any(stage.part_rows())), None)
        for index, part in enumerate(() if first is None else first.parts):
            if isinstance(part.source, Generated) and part.source.model == PREVIOUS:
                raise fields.declaration_error(
                    self,
                    f"stages[{self.stages.index(first)}].parts[{index}]" if first else "stages",
                    "rows are generated by the stage before, and the recipe begins here",
                    'Generated(…, model="baseline") asks the untrained model',
                )

    def describe(self) -> tuple[str, ...]:
        """A line for each stage: `500 misaligned, 500 control, interleaved`."""
        return tuple(stage.describe() for stage in self.stages)
