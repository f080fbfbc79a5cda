"""Seals of append-only files: how many lines there are, in how many bytes, and their digest.

The digest is sha256 over the first `size` bytes, so `head -c SIZE FILE | sha256sum` checks a seal.
Lines that were appended later leave it valid; a line that was changed, deleted or inserted within
those bytes does not. The seal of a journal lies beside it and is replaced after every append. A
process that dies in between leaves lines behind the seal, which the next one looks at.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path

import attrs

from . import gate
from .atomic import open_private, translate_write_errors

SEAL_SUFFIX = ".seal"
_CHUNK = 1 << 20
_LENGTH = 160
"""Bytes of a seal."""
_SHAPE = gate.Shape(
    noun="a seal",
    required={"lines": gate.count, "size": gate.count, "digest": gate.path_name},
    is_open=False,
)


@attrs.frozen
class Seal:
    """What a file held when it was sealed.

    Args:
        lines: How many lines.
        size: How many bytes.
        digest: sha256 of these bytes, 64 hex digits.
    """

    lines: int
    size: int
    digest: str


@attrs.define
class Sealer:
    """A running seal: each appended piece is hashed once."""

    lines: int = 0
    size: int = 0
    _hash: hashlib._Hash = attrs.field(factory=hashlib.sha256)

    def update(self, content: bytes, lines: int | None = None) -> None:
        """Add content.

        Args:
            content: The bytes.
            lines: How many lines they are; None: they are counted.
        """
        self._hash.update(content)
        self.size += len(content)
        self.lines += content.count(b"\n") if lines is None else lines

    def seal(self) -> Seal:
        return Seal(self.lines, self.size, self._hash.hexdigest())


def seal_path(path: Path) -> Path:
    """Where the seal of a file lies."""
    return path.with_suffix(SEAL_SUFFIX)


def read_seal(path: Path) -> Seal | None:
    """The seal of a file; None if it has none that can be read."""
    return read_seal_file(seal_path(path))


def read_seal_file(path: Path) -> Seal | None:
    """The seal in a file of its own; None if there is none that can be read."""
    try:
        return decode_seal(gate.read_file(path))
    except (FileNotFoundError, gate.Refused):
        return None


def decode_seal(content: bytes) -> Seal | None:
    """The seal that was encoded so; None if it is something else."""
    try:
        return Seal(**_SHAPE.parse(content))
    except gate.Refused:
        return None


def encode_seal(seal: Seal) -> bytes:
    """A seal as a line of a fixed length."""
    return (json.dumps(attrs.asdict(seal)).ljust(_LENGTH - 1) + "\n").encode("ascii")


def write_seal(path: Path, seal: Seal) -> None:
    """Write the seal of a file over the earlier one.

    It is not flushed, and not renamed into place, which some file systems take for a flush: that
    would cost as much as the lines. All seals have the same length, below that of a disk sector, so
    one is there whole or was never written. If it is lost, the lines behind it are looked at again.

    Raises:
        StoreError: It cannot be written.
    """
    target = seal_path(path)
    with translate_write_errors(target):
        descriptor = open_private(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
        try:
            os.pwrite(descriptor, encode_seal(seal), 0)
        finally:
            os.close(descriptor)


def hash_prefixes(path: Path, sizes: Iterable[int]) -> tuple[Sealer, dict[int, str]]:
    """Hash the complete lines of a file in one pass.

    Args:
        path: The file.
        sizes: Sizes at which the digest is wanted; those beyond the complete lines get none.

    Returns:
        The running seal at the end of the last complete line, and the digests by size.

    Raises:
        FileNotFoundError: There is no file.
        Refused: It is not a regular file, or cannot be read.
    """
    sealer, digests, wanted = Sealer(), dict[int, str](), sorted(set(sizes))
    pending = b""
    with gate.open_file(path) as file:
        while chunk := file.read(_CHUNK):
            end = chunk.rfind(b"\n") + 1
            if not end:
                pending += chunk
                if len(pending) > gate.MAX_LINE:
                    raise gate.Refused(f"has a line larger than {gate.MAX_LINE} bytes")
                continue
            content, pending = pending + chunk[:end], chunk[end:]
            while wanted and wanted[0] <= sealer.size + len(content):
                cut = wanted[0] - sealer.size
                sealer.update(content[:cut])
                content = content[cut:]
                digests[wanted.pop(0)] = sealer.seal().digest
            sealer.update(content)
    if not sealer.size:
        digests.update(dict.fromkeys((size for size in wanted if size == 0), sealer.seal().digest))
    return sealer, digests
