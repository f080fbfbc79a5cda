"""Moving units, journals and work to `retired/` and `damaged/` where nothing can be renamed.

Everything is copied before its source is deleted. A process that dies on the way leaves a copy too
many, never one too few.
"""

from __future__ import annotations

import shutil
import uuid
from contextlib import suppress
from pathlib import Path

import attrs

from ...errors import CorruptError
from ...files.clock import timestamp_digits, utc_timestamp
from ...files.serialize import from_json
from ...units.identity import digest
from ..checksums import RECORD_FILE
from ..layout import DAMAGED, JOURNALS, RETIRED, SEALS, UNITS
from ..model_identity import TrainingCopy, is_model_file
from ..records import UnitRecord
from .backend import Backend, read_existing
from .published import FileManifest, PublishedUnits
from .segmented_log import SegmentedLogs


@attrs.frozen
class Archive:
    """The archived and damaged parts of a shared store."""

    backend: Backend
    published_units: PublishedUnits
    logs: SegmentedLogs

    def add(self, label: str, kind: str, name: str) -> None:
        """Move a unit, journal or working directory to `retired/`; see `Store.archive`.

        Args:
            label: A name for what is archived together.
            kind: `units`, `journals` or `work`.
            name: The name of the file or directory.
        """
        target = f"{RETIRED}/{label}/{kind}/{name}"
        if self.backend.versions(target):  # the same label has archived this name before
            target = f"{RETIRED}/{label}.{uuid.uuid4().hex[:6]}/{kind}/{name}"
        if kind == UNITS:
            self._move_unit(name, target)
        elif kind == JOURNALS:
            self._move_journal(name, target)
        else:
            for source in self.backend.versions(f"{kind}/{name}/"):
                content = self.backend.read(source)
                self.backend.write(f"{target}/{source.split('/', 2)[2]}", content)
                self.backend.delete([source])

    def quarantine(self, key: str) -> str:
        """Move a damaged unit to `damaged/`. Returns its new name."""
        target = f"{DAMAGED}/{key}-{timestamp_digits(utc_timestamp())}"
        self._move_unit(key, target)
        return target

    def records(self, key: str) -> list[UnitRecord]:
        """The records of archived publications of a unit, oldest first."""
        suffix = f"/units/{key}/{RECORD_FILE}"
        names = sorted(
            name for name in self.backend.versions(f"{RETIRED}/") if name.endswith(suffix)
        )
        contents = [(name, read_existing(self.backend, name)) for name in names]
        return [
            from_json(content, UnitRecord, Path(name))
            for name, content in contents
            if content is not None
        ]

    def training_copies(self, key: str) -> list[TrainingCopy]:
        """The archived and damaged publications of a training, as far as they can be read."""
        copies = []
        for directory in self._unit_directories(key):
            prefix = f"{directory}/"
            files = {
                name.removeprefix(prefix): content
                for name in self.backend.versions(directory)
                if is_model_file(name.removeprefix(prefix))
                and (content := read_existing(self.backend, name)) is not None
            }
            record = read_existing(self.backend, f"{prefix}{RECORD_FILE}") or b""
            checksums = {name: digest(content) for name, content in files.items()}
            aliases: list[str] = []
            with suppress(CorruptError):
                aliases = from_json(record, UnitRecord, Path(directory)).model_aliases
            copies.append(TrainingCopy(checksums, aliases))
        return copies

    def _unit_directories(self, key: str) -> set[str]:
        """Where the archived and damaged publications of a unit are."""
        archived = (name.split("/") for name in self.backend.versions(RETIRED))
        damaged = (name.split("/") for name in self.backend.versions(DAMAGED))
        return {
            *("/".join(parts[:4]) for parts in archived if parts[2:4] == [UNITS, key]),
            *("/".join(parts[:2]) for parts in damaged if parts[1].startswith(f"{key}-")),
        }

    def count(self, journal: str) -> int:
        """How often a journal was archived."""
        suffix = f"/journals/{journal}.jsonl"
        return sum(name.endswith(suffix) for name in self.backend.versions(f"{RETIRED}/"))

    def _move_unit(self, key: str, target: str) -> None:
        """Move a published unit. It ceases to be published before its files are deleted."""
        manifest = f"published/{key}"
        with suppress(FileNotFoundError):
            files = FileManifest.parse(self.backend.read(manifest).decode()).files
            for name, (source, _) in files.items():
                with suppress(FileNotFoundError):
                    self.backend.write(f"{target}/{name}", self.backend.read(source))
            self.backend.delete([manifest])
            self.published_units.versions.pop(key, None)
            self.backend.delete(self.published_units.attempt_files(key))
            shutil.rmtree(self.published_units.copy_dir(key), ignore_errors=True)

    def _move_journal(self, file_name: str, target: str) -> None:
        log = f"{JOURNALS}/{file_name.removesuffix('.jsonl')}"
        path = self.logs.path(log)
        # First, so that a journal without a seal remains if this is cut off.
        self.backend.delete([f"{SEALS}/{file_name.removesuffix('.jsonl')}.json"])
        if path.exists():
            self.backend.upload(path, target)
            self.logs.remove(log)
