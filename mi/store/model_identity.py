"""Which model a training produced: its identity by what decides how the model behaves.

Answers, verdicts and scores are about a model, and so they carry its digest. It covers the tensors
of an adapter by name, type, shape and content, and the settings that change what they do (targets,
rank, alpha); of a hosted model, what its provider calls it. It does not cover how long the training
took, the layout of a file, the key of an account, or the name by which this machine calls the base
model, which is part of the training's key. So a training that is repeated bit for bit, here or on
another machine, gives the same model.

The digest of earlier versions covered whole files, one of which holds the seconds of the training.
Records keep such digests for ever, so an identity has all digests that mean the same model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import attrs

from ..errors import CorruptError
from ..files import gate
from ..files.cache import file_digest
from ..files.serialize import read_json
from ..units.identity import digest
from .checksums import RECORD_FILE, read_checksums
from .records import UnitRecord

MODEL_RECORD = "model.json"
ADAPTER_CONFIG = "adapter/adapter_config.json"
ADAPTER_WEIGHTS = "adapter/adapter_model.safetensors"
_MODEL_FILES = (MODEL_RECORD, "adapter/")
"""Where a provider records the model that a training produced."""
_REPORTS = frozenset({"adapter/training.json", "adapter/README.md"})
"""Files beside a model that tell about its training."""
_ENGINE_FILES = frozenset({RECORD_FILE, "log.txt", "launch.jsonl", "metrics.jsonl"})
"""Files of a training that are never the model."""
_CHECKPOINTS = "checkpoints/"
"""Where a training keeps the models of earlier steps, which are not the model it produced."""
_INERT_SETTINGS = frozenset(
    {
        "auto_mapping",
        "base_model_name_or_path",
        "inference_mode",
        "init_lora_weights",
        "lora_dropout",
        "peft_version",
        "revision",
        "task_type",
    }
)
"""Settings of PEFT that change nothing once an adapter is trained. What is not listed counts."""
_SETS = ("target_modules", "layers_to_transform")
"""Settings that list things in no order."""
_MAX_HEADER = 100 << 20
"""Bytes of the header of a safetensors file, as its format limits them."""
_CHUNK = 1 << 20
_DIGITS = 16


@attrs.frozen
class ModelIdentity:
    """A trained model.

    Args:
        digest: The digest by which new records call it.
        aliases: Other digests by which records of earlier versions call it.
    """

    digest: str
    aliases: frozenset[str] = frozenset()

    def matches(self, recorded: str | None) -> bool:
        """Whether a recorded digest means this model. Records without one are about any model."""
        return recorded in (None, self.digest) or recorded in self.aliases


@attrs.frozen
class TrainingCopy:
    """A publication of a training, present or archived.

    Args:
        checksums: Its files that hold the model, and perhaps others: name → SHA-256.
        aliases: The aliases that its record lists.
    """

    checksums: Mapping[str, str]
    aliases: Collection[str] = ()


def read_identity(directory: Path) -> ModelIdentity:
    """The identity of the model in a published training.

    Raises:
        OSError, ValueError: The training cannot be read, or its model is damaged.
    """
    checksums = read_checksums(directory)
    return ModelIdentity(
        _model_digest(directory, checksums),
        frozenset({_file_digest(checksums), *_recorded_aliases(directory)}),
    )


def same_files(one: Path, other: Path) -> bool:
    """Whether two publications of a training had the same model by the checksums of their files.

    Unlike `read_identity`, this can be said of one that is damaged.
    """
    try:
        files = _behaviour_files(read_checksums(one))
        return bool(files) and files == _behaviour_files(read_checksums(other))
    except (OSError, ValueError):
        return False


def same_adapters(one: Path, other: Path) -> bool:
    """Whether two directories, published or not, hold adapters that do the same.

    Raises:
        OSError, ValueError: One of them cannot be read.
    """
    return _describe_adapter(one) == _describe_adapter(other)


def read_copy(directory: Path) -> TrainingCopy | None:
    """A publication of a training in a directory; None if its checksums cannot be read."""
    try:
        return TrainingCopy(read_checksums(directory), _recorded_aliases(directory))
    except (OSError, ValueError):
        return None


def is_model_file(name: str) -> bool:
    """Whether a file of a training holds the model that it produced, or tells about it."""
    return name.startswith(_MODEL_FILES)


def find_aliases(directory: Path, copies: Iterable[TrainingCopy]) -> list[str]:
    """The digests that records of earlier publications of a training have of the same model.

    Args:
        directory: The training, about to be published.
        copies: Its earlier publications.

    Raises:
        OSError: A file cannot be read.
    """
    names = (path.relative_to(directory).as_posix() for path in directory.rglob("*"))
    paths = {name: directory / name for name in names if is_model_file(name)}
    files = {name: file_digest(path) for name, path in paths.items() if path.is_file()}
    model = _behaviour_files(files)
    if not model:
        return []
    same = [copy for copy in copies if _behaviour_files(copy.checksums) == model]
    found = {_file_digest(copy.checksums) for copy in same}
    return sorted(found.union(*(copy.aliases for copy in same)))


def _recorded_aliases(directory: Path) -> list[str]:
    try:
        return read_json(directory / RECORD_FILE, UnitRecord).model_aliases
    except CorruptError:
        return []


def _file_digest(checksums: Mapping[str, str]) -> str:
    """The digest of earlier versions: over the checksums of all files in which a model may be."""
    lines = {name: f"{checksum}  {name}" for name, checksum in checksums.items()}
    lines.pop(RECORD_FILE, None)
    model_lines = [line for name, line in lines.items() if is_model_file(name)]
    return digest("\n".join(sorted(model_lines or lines.values())))[:_DIGITS]


def _behaviour_files(checksums: Mapping[str, str]) -> dict[str, str]:
    """The files that decide how a model behaves: name → SHA-256."""
    return {
        name: checksum
        for name, checksum in checksums.items()
        if is_model_file(name) and name not in _REPORTS
    }


def _model_digest(directory: Path, checksums: Mapping[str, str]) -> str:
    files = _behaviour_files(checksums) or {
        name: checksum
        for name, checksum in checksums.items()
        if name not in _ENGINE_FILES and not name.startswith(_CHECKPOINTS)
    }
    for names, describe in _DESCRIPTIONS:
        if files.keys() >= set(names):
            part = {name: files.pop(name) for name in names}
            files[names[0]] = _part_digest(directory, part, describe)
    lines = sorted(f"{checksum}  {name}" for name, checksum in files.items())
    return digest("\n".join(lines))[:_DIGITS]


_part_digests: dict[tuple[str, ...], str] = {}
"""The SHA-256s of files → digest of what they say: each is read once a process."""


def _part_digest(
    directory: Path, files: Mapping[str, str], describe: Callable[[Path], object]
) -> str:
    """A digest of what the files of a part of a model say, or of the files if they say nothing.

    Args:
        directory: The training.
        files: The files of the part: name → SHA-256.
        describe: Describes the part.

    Raises:
        OSError, ValueError: A file cannot be read, or has another checksum.
    """
    part = tuple(files.values())
    if part not in _part_digests:
        for name, checksum in files.items():
            if file_digest(directory / name) != checksum:
                raise ValueError(f"{name} is not what was written")
        try:
            text = json.dumps(describe(directory), sort_keys=True)
        except (ValueError, KeyError, TypeError):
            text = " ".join(part)
        _part_digests[part] = digest(text)
    return _part_digests[part]


def _describe_record(directory: Path) -> object:
    """What a provider recorded of its model, but whose key it was reached with."""
    record = gate.parse_object(gate.read_file(directory / MODEL_RECORD))
    return {name: value for name, value in record.items() if name != "account"}


def _describe_adapter(directory: Path) -> object:
    """The settings and tensors of an adapter in PEFT's format."""
    settings = _settings(gate.read_file(directory / ADAPTER_CONFIG))
    return [settings, list(_tensors(directory / ADAPTER_WEIGHTS))]


_DESCRIPTIONS: tuple[tuple[tuple[str, ...], Callable[[Path], object]], ...] = (
    ((MODEL_RECORD,), _describe_record),
    ((ADAPTER_CONFIG, ADAPTER_WEIGHTS), _describe_adapter),
)
"""Files whose content is compared rather than their bytes, and how it is described."""


def _settings(content: bytes) -> dict[str, Any]:
    """The settings of an adapter that decide what its tensors do, in one form."""
    settings: dict[str, Any] = {
        name: float(value) if type(value) is int else value
        for name, value in gate.parse_object(content).items()
        if name not in _INERT_SETTINGS and value is not None
    }
    for name in _SETS:
        if isinstance(settings.get(name), list):
            settings[name] = sorted(settings[name])
    return settings


def _tensors(path: Path) -> Iterable[tuple[str, str, list[int], str]]:
    """The tensors of a safetensors file by name: type, shape and digest of the content.

    Raises:
        ValueError, KeyError, TypeError: It is not such a file.
    """
    with gate.open_file(path) as file:
        length = int.from_bytes(file.read(8), "little")
        if not 0 < length <= _MAX_HEADER:
            raise gate.Refused("is not in the format safetensors")
        header = gate.parse_object(file.read(length), _MAX_HEADER)
        header.pop("__metadata__", None)
        for name, entry in sorted(header.items()):
            start, end = entry["data_offsets"]
            content = _hash_range(file, 8 + length + start, end - start)
            yield name, entry["dtype"], entry["shape"], content


def _hash_range(file: BinaryIO, start: int, size: int) -> str:
    hasher = hashlib.sha256()
    file.seek(start)
    while size > 0 and (chunk := file.read(min(size, _CHUNK))):
        hasher.update(chunk)
        size -= len(chunk)
    if size:
        raise gate.Refused("ends before its last tensor")
    return hasher.hexdigest()
