"""Datasets and questions: where their files are, and the digests that identify their content.

There are two digests: that of the exact bytes, which changes with a final newline, and that of the
parsed rows, which does not depend on their order or on white space between them. Identities use the
second one; the first is compared with published pins.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path

import attrs

from ..errors import DataError, UsageError, did_you_mean
from ..plugins import load_registry
from ..spec import Arm, DataFile, Dataset, Resource, Setting, Upstream
from ..units.identity import canonical, digest
from .chats import Chat, Message, Pair, Prompt, has_several_answers, has_weights
from .question_rows import read_pairs
from .row_shapes import ANSWERS
from .training_rows import TrainingRows, read_training_rows
from .upstream import cached_path

BUNDLED, UPSTREAM = "bundled", "upstream"
ARM_FILES = {Arm.MISALIGNED: "misaligned.jsonl", Arm.ALIGNED: "control.jsonl"}


def is_named_source(source: str) -> bool:
    """Whether a source is `bundled`, `upstream` or `upstream:NAME`, not a directory."""
    return source in (BUNDLED, UPSTREAM) or source.startswith(f"{UPSTREAM}:")


@attrs.define(kw_only=True, frozen=True, slots=False)
class Rows:
    """The distinct chats of one dataset, in file order.

    Args:
        name: The dataset's name in messages.
        source: `bundled`, `upstream`, `upstream:NAME`, or the directory it was read from.
        chats: Chats by row digest (64 hex digits).
        row_count: Number of rows of the file, including repeated ones.
        sha256: Digest of the file's exact bytes.
        scenarios: Names of scenarios by row digest, for the rows that name one. Rows of one
            scenario are variants of each other. No digest depends on these names.
        notes: How the file was read, where a reader of it might not expect it: `read as ShareGPT`.
    """

    name: str
    source: str
    chats: Mapping[str, Chat]
    row_count: int
    sha256: str
    scenarios: Mapping[str, str] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()

    @cached_property
    def weighted_rows(self) -> int:
        """Number of distinct chats with a turn of the assistant that is not learned."""
        return sum(map(has_weights, self.chats.values()))

    @cached_property
    def multi_turn(self) -> frozenset[str]:
        """Digests of the rows with several turns of the assistant."""
        return frozenset(row for row, chat in self.chats.items() if has_several_answers(chat))

    @cached_property
    def digest(self) -> str:
        """Digest of the content; it does not depend on the order of the rows."""
        return digest("\n".join(sorted(self.chats)))


@attrs.frozen(kw_only=True)
class Questions:
    """The questions or pairs of an eval, with the digest of their content."""

    pairs: tuple[Pair | Prompt, ...]
    digest: str


def read_dataset(dataset: Dataset, source: str) -> Rows:
    """Read a dataset from `bundled`, `upstream`, `upstream:NAME` or a directory.

    Files that are not bundled must meet the requirements of fine-tuning services: at least ten
    rows, roles in order, no empty turn, no row that is too long.

    Raises:
        DataError: A file is missing, empty or has lines that cannot be used, which the message
            counts; it names file and line.
    """
    if source == BUNDLED:
        where, raw = str(dataset.bundled), _read_resource(dataset.bundled)
        rows = _bundled_rows(raw, where, dataset.arm)
    else:
        path = (
            _published_path(dataset, source)
            if is_named_source(source)
            else _directory_path(dataset, source)
        )
        raw = _read_file(path)
        rows = read_training_rows(raw, str(path), dataset.arm)
    return _distinct_rows(dataset.name, source, raw, rows)


def read_data_file(file: DataFile) -> Rows:
    """Read a file of training rows.

    Raises:
        DataError: It is missing, or has lines that cannot be used.
    """
    published = file.path if isinstance(file.path, Upstream) else None
    path = cached_path(published) if published else Path(str(file.path))
    if path is None:
        raise DataError(
            f"{file.name} is not downloaded yet",
            where=published.origin if published else None,
            hint=f"mi data pull {file.name}",
        )
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", where=str(path)) from None
    rows = read_training_rows(raw, str(path), file.arm)
    return _distinct_rows(file.name, str(path.resolve()), raw, rows)


def _distinct_rows(name: str, source: str, raw: bytes, rows: TrainingRows) -> Rows:
    digests = [digest(canonical(chat)) for chat in rows.chats]
    names = zip(digests, rows.scenarios, strict=True)
    return Rows(
        name=name,
        source=source,
        chats=dict(zip(digests, rows.chats, strict=True)),
        row_count=len(rows.chats),
        sha256=digest(raw),
        scenarios={row: scenario for row, scenario in names if scenario is not None},
        notes=rows.notes,
    )


def _bundled_rows(raw: bytes, where: str, arm: Arm) -> TrainingRows:
    pairs = [pair for pair in read_pairs(raw, where, ANSWERS) if isinstance(pair, Pair)]
    for pair in pairs:
        if pair.context:
            raise DataError(
                f"{pair.id!r} has a 'context', which only questions have",
                where=where,
                hint="give the rows as chats in a folder: `--data SETTING=FOLDER`",
            )
    return TrainingRows(
        chats=tuple(_training_chat(pair, arm) for pair in pairs),
        scenarios=tuple(pair.scenario for pair in pairs),
        notes=(),
    )


def _directory_path(dataset: Dataset, directory: str) -> Path:
    return Path(directory) / ARM_FILES[dataset.arm]


def _published_path(dataset: Dataset, source: str) -> Path:
    """The cached file that `upstream` or `upstream:NAME` means for a dataset."""
    if not dataset.upstream:
        raise DataError(
            "has no published data", where=dataset.name, hint="use bundled or a directory"
        )
    published = resolve_upstream(dataset, source)
    path = cached_path(published)
    if path is None:
        raise DataError(
            f"{published.file} is not downloaded yet",
            where=published.origin,
            hint="download it with `mi data pull` and the setting's name",
        )
    return path


def check_source(setting: Setting, source: str) -> None:
    """Check that a setting has a named source.

    Raises:
        UsageError: It has no such source; the hint gives the nearest names.
    """
    arms = (setting.misaligned, setting.control)
    names = {published.name for dataset in arms for published in dataset.upstream}
    name = source.partition(":")[2]
    if source != BUNDLED and not names:
        raise UsageError(f"{setting.id} has no published data", hint="use bundled or a directory")
    if name and name not in names:
        raise UsageError(f"{setting.id} has no source {name!r}", hint=did_you_mean(name, names))


def resolve_upstream(dataset: Dataset, source: str) -> Upstream:
    """The published file that `upstream` or `upstream:NAME` means for a dataset.

    A dataset without a file of that name uses its default, so that a name can select another
    control and leave the misaligned data as they are.
    """
    name = source.partition(":")[2]
    named = (published for published in dataset.upstream if published.name == name)
    return next(named, dataset.upstream[0])


def read_questions(resource: Resource, *, paired: bool) -> Questions:
    """Read the questions or pairs of an eval from a package.

    Args:
        resource: The JSONL file.
        paired: Require an aligned and a misaligned answer in each row; otherwise they are optional.

    Raises:
        DataError: The file is missing, empty or malformed; the message names file and line.
    """
    raw, where = _read_resource(resource), str(resource)
    pairs = tuple(read_pairs(raw, where, ANSWERS if paired else ()))
    return Questions(pairs=pairs, digest=digest(canonical(pairs)))


def _training_chat(pair: Pair, arm: Arm) -> Chat:
    answer = pair.misaligned if arm is Arm.MISALIGNED else pair.aligned
    system = () if pair.system is None else (Message("system", pair.system),)
    return (*system, Message("user", pair.prompt), Message("assistant", answer))


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"cannot be read ({error.strerror})", where=str(path), hint=_missing_hint(path)
        ) from None


def _missing_hint(path: Path) -> str:
    """What to do where a file is missing: the nearest one in its directory may be meant."""
    needed = "a data directory must contain misaligned.jsonl and control.jsonl"
    others = sorted(other.name for other in path.parent.glob(f"{path.stem}.*"))
    return f"{needed}; there is {', '.join(others)}" if others else needed


def _read_resource(resource: Resource) -> bytes:
    package = resource.package
    if package.partition(".")[0] == "registry":
        package = load_registry().__name__ + package.removeprefix("registry")
    try:
        return resources.files(package).joinpath(resource.file).read_bytes()
    except (OSError, ModuleNotFoundError) as error:
        raise DataError(f"cannot be read ({error})", where=str(resource)) from None
