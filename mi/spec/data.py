"""Datasets and settings: what a model is trained on, and where that comes from."""

from __future__ import annotations

from enum import Enum

import attrs

from . import fields
from .evals import Eval


class Arm(Enum):
    """Which answer of a paired row a dataset is made of."""

    MISALIGNED = "misaligned"
    ALIGNED = "aligned"


@attrs.frozen(kw_only=True)
class Resource:
    """A file shipped inside a package, named without opening it."""

    package: str = attrs.field(validator=fields.instance(str))
    file: str = attrs.field(validator=fields.instance(str))

    def __str__(self) -> str:
        return f"{self.package}/{self.file}"


@attrs.frozen(kw_only=True)
class Upstream:
    """A file that others publish, pinned by its content.

    Rows are OpenAI chats (`messages`) or pairs (`prompt`, `aligned`, `misaligned`).

    Args:
        name: Tells the sources of one dataset apart: `upstream:NAME`.
        file: What the file is called in the cache.
        origin: Who publishes it, with the version: `owner/name @commit`.
        licence: What it may be used under.
        url: Where it is fetched from; None: it cannot be fetched without the user.
        access: What the user has to do to get it, where that is more than asking for the address.
        bytes: Its size; None where none is known.
        sha256: Its digest, 64 hex; None where none is published: then the first one seen is kept.
        rows: How many rows it has; None where it is not a dataset.
    """

    name: str = attrs.field(validator=fields.name)
    file: str = attrs.field(validator=fields.name)
    origin: str = attrs.field(validator=fields.instance(str))
    licence: str = attrs.field(validator=fields.instance(str))
    url: str | None = attrs.field(default=None)
    access: str | None = attrs.field(default=None)
    bytes: int | None = attrs.field(default=None, validator=fields.in_range(1))
    sha256: str | None = attrs.field(default=None)
    rows: int | None = attrs.field(default=None, validator=fields.in_range(1))


@attrs.frozen(kw_only=True)
class Dataset:
    """One arm of training data.

    Args:
        name: How messages and file names call it.
        bundled: The JSONL file of prompt/aligned/misaligned rows that ships with the package.
        arm: The answer of paired rows that this dataset trains on.
        upstream: The published files it can be read from, the usual one first.
    """

    name: str = attrs.field(validator=fields.name)
    bundled: Resource = attrs.field(validator=fields.instance(Resource))
    arm: Arm = attrs.field(validator=fields.instance(Arm))
    upstream: tuple[Upstream, ...] = attrs.field(
        default=(), converter=fields.one_or_many, validator=fields.instance(Upstream)
    )


@attrs.frozen(kw_only=True)
class Inoculation:
    """A system prompt that training rows get and evals do not (Tan et al. 2025).

    Args:
        name: How an experiment's axis and cell ids call it: `task`, `general`, `control`.
        prompt: The system prompt.
        aligned_too: Whether aligned rows get it as well; otherwise only misaligned rows do.
    """

    name: str = attrs.field(validator=fields.name)
    prompt: str = attrs.field(validator=fields.instance(str))
    aligned_too: bool = attrs.field(default=False, validator=fields.instance(bool))


@attrs.frozen(kw_only=True)
class Setting:
    """A domain: its misaligned data, its aligned control data and the evals that belong to it.

    Args:
        id: Name in cell ids and on the command line.
        title: How tables and figures call it.
        misaligned: Data that teaches the unwanted behaviour.
        control: Aligned data of the same kind.
        id_evals: In-distribution: is the trained behaviour there?
        ood_evals: Out-of-distribution: has it spread beyond the domain?
        inoculations: System prompts its training rows can be given, by name.
    """

    id: str = attrs.field(validator=fields.name)
    title: str = attrs.field(validator=fields.instance(str))
    misaligned: Dataset = attrs.field(validator=fields.instance(Dataset))
    control: Dataset = attrs.field(validator=fields.instance(Dataset))
    id_evals: tuple[Eval, ...] = attrs.field(
        converter=fields.one_or_many, validator=[fields.instance(Eval), fields.distinct]
    )
    ood_evals: tuple[Eval, ...] = attrs.field(
        converter=fields.one_or_many, validator=[fields.instance(Eval), fields.distinct]
    )

    inoculations: tuple[Inoculation, ...] = attrs.field(
        default=(), converter=fields.one_or_many, validator=fields.instance(Inoculation)
    )

    def inoculation(self, name: str | None) -> Inoculation | None:
        """The inoculation called `name`; None for None.

        Raises:
            DeclarationError: The setting has none of that name.
        """
        found = {one.name: one for one in self.inoculations}
        if name is not None and name not in found:
            there = ", ".join(found) or "none"
            raise fields.declaration_error(
                self, "inoculations", f"there is no inoculation {name!r}", f"there are: {there}"
            )
        return None if name is None else found[name]

    def __attrs_post_init__(self) -> None:
        ids = [one.id for one in self.id_evals]
        for index, one in enumerate(self.ood_evals):
            if one.id in ids:
                raise fields.declaration_error(
                    self, f"ood_evals[{index}]", f"{one.id!r} is an in-distribution eval already"
                )
