"""Datasets and questions: where their files are, and how they are known by their content.

Two digests are kept: of the exact bytes, which changes with a final newline, and of the parsed
rows, which does not depend on their order or on white space between them. The second one is what
identities use; the first is for comparing with published pins.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path

import attrs

from ..errors import DataError, UsageError, did_you_mean
from ..spec import Arm, Dataset, Resource, Setting, Upstream
from ..units.identity import canonical, digest
from .chats import ANSWERS, Chat, Message, Pair, Prompt, read_pairs, read_training_chats
from .upstream import cached_path

BUNDLED, UPSTREAM = "bundled", "upstream"
ARM_FILES = {Arm.MISALIGNED: "misaligned.jsonl", Arm.ALIGNED: "control.jsonl"}


def is_named_source(source: str) -> bool:
    """Whether a source is no folder: `bundled`, `upstream`, or `upstream:NAME`."""
    return source in (BUNDLED, UPSTREAM) or source.startswith(f"{UPSTREAM}:")


@attrs.define(kw_only=True, frozen=True, slots=False)
class Rows:
    """The distinct chats of one dataset, in file order.

    Args:
        name: How messages call the dataset.
        source: `bundled`, or the folder it was read from.
        chats: Row digest (64 hex) → chat.
        read: How many rows the file has, repeated ones included.
        sha256: Digest of the file's exact bytes.
    """

    name: str
    source: str
    chats: Mapping[str, Chat]
    row_count: int
    sha256: str

    @cached_property
    def digest(self) -> str:
        """Digest of the content: the same rows in another order give the same one."""
        return digest("\n".join(sorted(self.chats)))


@attrs.frozen(kw_only=True)
class Questions:
    """The rows an eval asks about, with the digest of their content."""

    pairs: tuple[Pair | Prompt, ...]
    digest: str


def read_dataset(dataset: Dataset, source: str) -> Rows:
    """The rows of a dataset from `bundled`, `upstream`, `upstream:NAME` or a folder.

    Files of others are held to what fine-tuning services ask for: at least ten rows, roles in
    order, no empty turn, no row that is too long.

    Raises:
        DataError: A file is missing, empty or malformed; names file and line.
    """
    if source == BUNDLED:
        where, raw = str(dataset.bundled), _read_resource(dataset.bundled)
        chats = [_training_chat(pair, dataset.arm) for pair in read_pairs(raw, where, ANSWERS)]
    else:
        path = (
            _published_path(dataset, source)
            if is_named_source(source)
            else _directory_path(dataset, source)
        )
        where, raw = str(path), _read_file(path)
        chats = list(read_training_chats(raw, where, dataset.arm))
    distinct = {digest(canonical(chat)): chat for chat in chats}
    return Rows(
        name=dataset.name, source=source, chats=distinct, row_count=len(chats), sha256=digest(raw)
    )


def _directory_path(dataset: Dataset, directory: str) -> Path:
    return Path(directory) / ARM_FILES[dataset.arm]


def _published_path(dataset: Dataset, source: str) -> Path:
    """The published file of an arm: the one that is named, or the arm's usual one."""
    if not dataset.upstream:
        raise DataError("has no published data", where=dataset.name, hint="use bundled or a folder")
    found = resolve_upstream(dataset, source)
    path = cached_path(found)
    if path is None:
        raise DataError(
            f"{found.file} is not here yet",
            where=found.origin,
            hint="`mi data pull` with the setting's name fetches it",
        )
    return path


def check_source(setting: Setting, source: str) -> None:
    """That a setting has a source that is no folder.

    Raises:
        UsageError: It has none of that name; the nearest names are given.
    """
    known = {one.name for arm in (setting.misaligned, setting.control) for one in arm.upstream}
    wanted = source.partition(":")[2]
    if source != BUNDLED and not known:
        raise UsageError(f"{setting.id} has no published data", hint="use bundled or a folder")
    if wanted and wanted not in known:
        raise UsageError(f"{setting.id} has no source {wanted!r}", hint=did_you_mean(wanted, known))


def resolve_upstream(dataset: Dataset, source: str) -> Upstream:
    """The published file that `upstream` or `upstream:NAME` means for an arm.

    An arm that has none of that name takes its usual one, so that one name can stand for another
    control.
    """
    name = source.partition(":")[2]
    return next((one for one in dataset.upstream if one.name == name), dataset.upstream[0])


def read_questions(resource: Resource, *, paired: bool) -> Questions:
    """The rows of an eval, which ship with a package.

    Args:
        paired: Each must have an aligned and a misaligned answer; otherwise they may.

    Raises:
        DataError: As `read_dataset`.
    """
    raw, where = _read_resource(resource), str(resource)
    pairs: tuple[Pair | Prompt, ...] = tuple(read_pairs(raw, where, ANSWERS if paired else ()))
    return Questions(pairs=pairs, digest=digest(canonical(pairs)))


def _training_chat(pair: Pair, arm: Arm) -> Chat:
    answer = pair.misaligned if arm is Arm.MISALIGNED else pair.aligned
    return (Message("user", pair.prompt), Message("assistant", answer))


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot be read ({error.strerror})",
            where=str(path),
            hint="a data folder holds misaligned.jsonl and control.jsonl",
        ) from None


def _read_resource(resource: Resource) -> bytes:
    try:
        return resources.files(resource.package).joinpath(resource.file).read_bytes()
    except (OSError, ModuleNotFoundError) as error:
        raise DataError(f"cannot be read ({error})", where=str(resource)) from None
