"""Datasets and settings: what a model is trained on, and where that comes from."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

import attrs
from attrs import validators as check

from . import fields
from .axis import refuse_axes
from .context import (
    INOCULATED,
    OPPOSITE,
    PLAIN,
    Context,
    distinct_names,
)
from .evals import Eval, to_evals


class Arm(Enum):
    """The side of a paired row that a dataset consists of."""

    MISALIGNED = "misaligned"
    ALIGNED = "aligned"


@attrs.frozen(kw_only=True)
class Resource:
    """A file inside an importable package, named without opening it.

    Args:
        package: The package, as it is imported.
        file: The file's name inside it.
    """

    package: str = attrs.field(validator=fields.instance(str))
    file: str = attrs.field(validator=fields.instance(str))

    def __str__(self) -> str:
        return f"{self.package}/{self.file}"


@attrs.frozen(kw_only=True)
class Upstream:
    """A file published elsewhere, pinned by its content.

    Rows have any of the shapes that `mi.data.row_shapes` reads.

    Args:
        name: Distinguishes the sources of one dataset: `upstream:NAME`.
        file: The file's name in the cache.
        origin: Publisher and version: `owner/name @commit`.
        licence: Its licence.
        url: Where it is downloaded from; None: the user has to obtain it.
        access: How the user obtains it, if a plain download does not suffice.
        bytes: Its size; None: unknown.
        sha256: Its digest, 64 hex digits; None: none is published, so that the digest of the first
            download becomes the reference.
        rows: Its number of rows; None: unknown, or not a dataset.
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
        name: Its name in messages and file names.
        bundled: The JSONL file of prompt/aligned/misaligned rows that ships with the package.
        arm: The answer of paired rows that this dataset trains on.
        upstream: The published files it can be read from, the default first.
    """

    name: str = attrs.field(validator=fields.name)
    bundled: Resource = attrs.field(validator=fields.instance(Resource))
    arm: Arm = attrs.field(validator=fields.instance(Arm))
    upstream: tuple[Upstream, ...] = attrs.field(
        default=(), converter=fields.one_or_many, validator=fields.instance(Upstream)
    )


@attrs.frozen
class DataFile:
    """A file of training rows, for a part of a recipe.

    Rows have any of the shapes that `mi.data.row_shapes` reads.

    Args:
        path: The file, of which a relative path begins at the directory that `mi` runs in; or a
            published file, which `mi data pull` and its name fetch.
        arm: Which answer of paired rows is trained on, and which arm the rows count as.
    """

    path: str | Upstream = attrs.field(validator=fields.instance(str, Upstream))
    arm: Arm = attrs.field(default=Arm.ALIGNED, validator=fields.instance(Arm))

    @property
    def name(self) -> str:
        """What messages call it: the file's name."""
        if isinstance(self.path, Upstream):
            return self.path.name
        return self.path.replace("\\", "/").rpartition("/")[2].removesuffix(".jsonl")


@attrs.frozen(kw_only=True)
class Inoculation:
    """A system prompt that is added to training rows but not to evals (Tan et al. 2025).

    Args:
        name: Its name in an experiment's axis and in cell ids: `task`, `general`, `control`.
        prompt: The system prompt.
        aligned_too: Add it to aligned rows as well as to misaligned ones.
        opposite: A system prompt that asks for the opposite, for evals in the context `opposite`.
    """

    name: str = attrs.field(validator=fields.name)
    prompt: str = attrs.field(validator=fields.instance(str))
    aligned_too: bool = attrs.field(default=False, validator=fields.instance(bool))
    opposite: str | None = fields.neutral_default(
        None, validator=check.optional(fields.instance(str))
    )


@attrs.frozen(kw_only=True, field_transformer=refuse_axes())
class Setting:
    """A domain: its misaligned data, its aligned control data and the evals that belong to it.

    Args:
        id: Name in cell ids and on the command line.
        title: Its name in tables and figures.
        misaligned: Data that teaches the unwanted behaviour.
        control: Aligned data of the same kind.
        id_evals: In-distribution evals: does the model show the trained behaviour?
        ood_evals: Out-of-distribution evals: has the behaviour spread beyond the domain?
        inoculations: System prompts that its training rows can be given.
        contexts: Ways of putting the questions of evals that belong to it: `training_format`, as
            its training rows look; `trigger`, with a trigger that its rows have; others.
    """

    id: str = attrs.field(validator=fields.name)
    title: str = attrs.field(validator=fields.instance(str))
    misaligned: Dataset = attrs.field(validator=fields.instance(Dataset))
    control: Dataset = attrs.field(validator=fields.instance(Dataset))
    id_evals: tuple[Eval, ...] = attrs.field(
        converter=to_evals, validator=[fields.instance(Eval), fields.distinct]
    )
    ood_evals: tuple[Eval, ...] = attrs.field(
        converter=to_evals, validator=[fields.instance(Eval), fields.distinct]
    )

    inoculations: tuple[Inoculation, ...] = attrs.field(
        default=(), converter=fields.one_or_many, validator=fields.instance(Inoculation)
    )

    contexts: tuple[Context, ...] = fields.neutral_default(
        (), converter=fields.one_or_many, validator=fields.instance(Context)
    )

    def named_contexts(self, name: str, trained: Collection[str]) -> tuple[Context, ...]:
        """The contexts that a name means: one that is declared, or one for each of its prompts.

        Args:
            name: `inoculated`, `opposite`, or the name of a declared context.
            trained: The inoculations that an experiment trains with; of these, if any, the prompts
                are taken.

        Raises:
            DeclarationError: The setting has no such context or no such prompt.
        """
        if name == PLAIN:
            return (Context(PLAIN),)
        declared = [context for context in self.contexts if context.name == name]
        if declared or name not in (INOCULATED, OPPOSITE):
            if declared:
                return tuple(declared)
            names = ", ".join(context.name for context in self.contexts) or "none"
            raise fields.declaration_error(
                self, "contexts", f"there is no context {name!r}", f"there are: {names}"
            )
        prompts = [
            (prompt.name, prompt.prompt if name == INOCULATED else prompt.opposite)
            for prompt in self.inoculations
            if not trained or prompt.name in trained
        ]
        found = [Context(f"{name}_{of}", system=text) for of, text in prompts if text is not None]
        if not found:
            raise fields.declaration_error(
                self,
                "inoculations",
                f"the context {name!r} needs a prompt, and there is none",
                "declare Inoculation(name=…, prompt=…, opposite=…), or leave the context out",
            )
        return tuple(found)

    def inoculation(self, name: str | None) -> Inoculation | None:
        """The inoculation called `name`; None for None.

        Raises:
            DeclarationError: The setting has none of that name.
        """
        by_name = {inoculation.name: inoculation for inoculation in self.inoculations}
        if name is not None and name not in by_name:
            names = ", ".join(by_name) or "none"
            raise fields.declaration_error(
                self, "inoculations", f"there is no inoculation {name!r}", f"there are: {names}"
            )
        return None if name is None else by_name[name]

    def __attrs_post_init__(self) -> None:
        distinct_names(self, "contexts", self.contexts)
        ids = [eval.id for eval in self.id_evals]
        for index, eval in enumerate(self.ood_evals):
            if eval.id in ids:
                raise fields.declaration_error(
                    self, f"ood_evals[{index}]", f"{eval.id!r} is an in-distribution eval already"
                )
