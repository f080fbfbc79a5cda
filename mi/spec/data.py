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
class Dataset:
    """One arm of training data.

    Args:
        name: How messages and file names call it.
        bundled: The JSONL file of prompt/aligned/misaligned rows that ships with the package.
        arm: The answer of those rows that this dataset trains on.
    """

    name: str = attrs.field(validator=fields.name)
    bundled: Resource = attrs.field(validator=fields.instance(Resource))
    arm: Arm = attrs.field(validator=fields.instance(Arm))


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
    """

    id: str = attrs.field(validator=fields.name)
    title: str = attrs.field(validator=fields.instance(str))
    misaligned: Dataset = attrs.field(validator=fields.instance(Dataset))
    control: Dataset = attrs.field(validator=fields.instance(Dataset))
    id_evals: tuple[Eval, ...] = attrs.field(
        converter=fields.one_or_many, validator=[fields.distinct, fields.instance(Eval)]
    )
    ood_evals: tuple[Eval, ...] = attrs.field(
        converter=fields.one_or_many, validator=[fields.distinct, fields.instance(Eval)]
    )

    def __attrs_post_init__(self) -> None:
        ids = [one.id for one in self.id_evals]
        for index, one in enumerate(self.ood_evals):
            if one.id in ids:
                raise fields.fail(
                    self, f"ood_evals[{index}]", f"{one.id!r} is an in-distribution eval already"
                )
