"""A model is what decides its behaviour: trained again bit for bit, it is the same model."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mi.files.seal import SEAL_SUFFIX
from mi.providers.types import TrainingResult, TrainJob
from mi.providers.watch import Monitor
from mi.store import LocalStore, checksums
from mi.store.merge import apply_merge, plan_merge
from mi.store.model_identity import ModelIdentity, read_identity
from tests.support.engine import run_experiment
from tests.support.fake_provider import Books

CONFIG = {
    "base_model_name_or_path": "a",
    "r": 4,
    "lora_alpha": 8,
    "target_modules": ["q_proj", "v_proj"],
    "layers_to_transform": [1, 2],
}
TENSORS = {"layer.lora_A.weight": [1.0, 2.0], "layer.lora_B.weight": [3.0, 4.0]}


def safetensors(
    tensors: Mapping[str, list[float]], padding: int = 0, kind: str = "F64", **metadata: str
) -> bytes:
    """A file in the format of safetensors, in the order of the tensors."""
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    content = b""
    for name, values in tensors.items():
        data = struct.pack(f"<{len(values)}d", *values)
        offsets = [len(content), len(content) + len(data)]
        header[name] = {"dtype": kind, "shape": [len(values)], "data_offsets": offsets}
        content += data
    text = json.dumps(header).encode() + b" " * padding
    return struct.pack("<Q", len(text)) + text + content


def write_training(
    folder: Path,
    config: Mapping[str, Any] = CONFIG,
    weights: bytes | None = None,
    **files: object,
) -> None:
    """Write a training with an adapter and other files."""
    adapter = folder / "adapter"
    adapter.mkdir(parents=True)
    (adapter / "adapter_config.json").write_text(json.dumps(config))
    (adapter / "adapter_model.safetensors").write_bytes(weights or safetensors(TENSORS))
    for name, content in {"training.json": {"seconds": 1.5}, **files}.items():
        (adapter / name).write_text(json.dumps(content))
    checksums.write_checksums(folder)


def trained(folder: Path, **parts: Any) -> ModelIdentity:
    """The identity of a training; for the parts see `write_training`."""
    write_training(folder, **parts)
    return read_identity(folder)


MODEL = {"model": "ft:m:org::1", "job": "job-1", "base": "m", "account": "0123"}
BACKWARDS = dict(reversed(TENSORS.items()))
SWAPPED = dict(zip(TENSORS, reversed(TENSORS.values()), strict=True))

SAME: dict[str, dict[str, Any]] = {
    "other seconds": {"training.json": {"seconds": 2.5}},
    "a readme": {"README.md": "a model"},
    "another name of the base": {"config": {**CONFIG, "base_model_name_or_path": "/home/b"}},
    "settings of training": {"config": {**CONFIG, "lora_dropout": 0.1, "inference_mode": True}},
    "a setting that is not set": {"config": {**CONFIG, "rank_pattern": None}},
    "settings in another order": {"config": dict(reversed(CONFIG.items()))},
    "targets in another order": {"config": {**CONFIG, "target_modules": ["v_proj", "q_proj"]}},
    "alpha as a fraction": {"config": {**CONFIG, "lora_alpha": 8.0}},
    "tensors in another order": {"weights": safetensors(BACKWARDS)},
    "another layout of the file": {"weights": safetensors(TENSORS, padding=8, format="pt")},
}
OTHER: dict[str, dict[str, Any]] = {
    "a tensor": {"weights": safetensors({**TENSORS, "layer.lora_B.weight": [3.0, 4.5]})},
    "a name": {"weights": safetensors({f"{name}s": TENSORS[name] for name in TENSORS})},
    "tensors swapped": {"weights": safetensors(SWAPPED)},
    "a type": {"weights": safetensors(TENSORS, kind="I64")},
    "another tensor": {"weights": safetensors({**TENSORS, "more": [1.0]})},
    "rank": {"config": {**CONFIG, "r": 8}},
    "alpha": {"config": {**CONFIG, "lora_alpha": 16}},
    "targets": {"config": {**CONFIG, "target_modules": ["q_proj"]}},
    "layers": {"config": {**CONFIG, "layers_to_transform": [2]}},
    "a setting of a later version": {"config": {**CONFIG, "use_dora": True}},
    "a file that may matter": {"bias.json": [1.0]},
    "no adapter at all": {"weights": b"damaged"},
    "weights that end early": {"weights": safetensors(TENSORS)[:-8]},
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_what_changes_no_answer_changes_no_digest(tmp_path: Path, change: dict[str, Any]) -> None:
    one = trained(tmp_path / "one")
    assert trained(tmp_path / "two", **change).digest == one.digest


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER)
def test_what_changes_answers_changes_the_digest(tmp_path: Path, change: dict[str, Any]) -> None:
    one = trained(tmp_path / "one")
    other = trained(tmp_path / "two", **change)
    assert other.digest != one.digest
    assert not other.matches(one.digest)


@pytest.mark.parametrize(
    ("change", "is_same"),
    [({"account": "4567"}, True), ({"model": "ft:m:org::2"}, False), ({"job": "job-2"}, False)],
)
def test_a_hosted_model_is_what_its_provider_calls_it(
    tmp_path: Path, change: dict[str, str], is_same: bool
) -> None:
    """A job that is found again with another key of the account is the same job."""
    digests = []
    for name, record in (("one", MODEL), ("two", {**MODEL, **change})):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "model.json").write_text(json.dumps(record))
        checksums.write_checksums(folder)
        digests.append(read_identity(folder).digest)
    assert (digests[0] == digests[1]) is is_same


def test_a_damaged_adapter_has_no_identity(tmp_path: Path) -> None:
    """Otherwise its evals would be put aside as those of another model."""
    weights = safetensors({"only.here": [7.0]})
    write_training(tmp_path, weights=weights)
    (tmp_path / "adapter" / "adapter_model.safetensors").write_bytes(weights[:-1] + b"!")
    with pytest.raises(ValueError, match="is not what was written"):
        read_identity(tmp_path)


class Timed(Books):
    """A provider that leaves an adapter, and how long the training took, as the local one does."""

    alpha: float = 8.0

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        done = super().train(job, directory, monitor)
        (directory / "model.json").unlink()
        write_training(
            directory,
            {**CONFIG, "lora_alpha": self.alpha},
            safetensors({**TENSORS, "rows": [len(job.rows)]}),
            **{"training.json": {"seconds": os.urandom(4).hex()}},
        )
        (directory / "SHA256SUMS").unlink()
        return done


def old_digest(folder: Path) -> str:
    """The digest of the version before: over the checksums of whole files."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    model = sorted(line for line in lines if line[66:].startswith(("model.json", "adapter/")))
    return hashlib.sha256("\n".join(model).encode()).hexdigest()[:16]


def make_old(root: Path) -> None:
    """Turn a store into one of the version before, which called models by whole files."""
    store = LocalStore(root)
    names = {
        read_identity(store.unit_dir(key)).digest: old_digest(store.unit_dir(key))
        for key in store.published_keys()
        if key.startswith("train-")
    }
    paths = [*root.glob("journals/*.jsonl"), *root.glob("units/eval-*/unit.json")]
    for path in paths:
        text = path.read_text()
        for new, old in names.items():
            text = text.replace(f'"of": "{new}"', f'"of": "{old}"')
        if path.name == "unit.json":
            record = json.loads(text)
            text = json.dumps({name: value for name, value in record.items() if name != "seals"})
        path.write_text(text)
        if path.name == "unit.json":
            checksums.write_checksums(path.parent)
    for seal in root.glob(f"journals/*{SEAL_SUFFIX}"):
        seal.unlink()


def damage_trainings(root: Path) -> None:
    for log in root.glob("units/train-*/metrics.jsonl"):
        with log.open("ab") as file:
            file.write(b"\n")


def journals(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.glob("journals/*.jsonl")}


@pytest.mark.parametrize("is_old", [False, True], ids=["this version", "the version before"])
def test_a_training_done_again_bit_for_bit_asks_for_nothing_again(
    tmp_path: Path, is_old: bool
) -> None:
    """Its log was damaged by a byte; its model comes out as it was, in other seconds."""
    books, root = Timed(), tmp_path / ".mi"
    run_experiment(tmp_path, books, total_samples=10)
    if is_old:
        make_old(root)
    stood, sampled, scored = journals(root), dict(books.sampled), dict(books.scored)
    for number in range(2):
        damage_trainings(root)
        for again in range(2):
            _, tally = run_experiment(
                tmp_path, books, run_name=f"r{number}{again}", total_samples=10
            )
            assert [key.partition("-")[0] for key in tally.done_units] == ["train"] * (not again)
    shutil.rmtree(root / "damaged")
    [eval_key] = [
        key
        for key in LocalStore(root).published_keys()
        if key.startswith("eval-")
        and LocalStore(root).record(key).training_key
        and "static" in LocalStore(root).record(key).title
    ]
    shutil.rmtree(root / "units" / eval_key)
    run_experiment(tmp_path, books, run_name="s", total_samples=10)
    assert (journals(root), books.sampled, books.scored) == (stood, sampled, scored)
    assert not list(root.glob("retired/*/journals/*"))


def test_a_training_that_comes_out_otherwise_is_another_model(tmp_path: Path) -> None:
    books, root = Timed(), tmp_path / ".mi"
    run_experiment(tmp_path, books, total_samples=10)
    damage_trainings(root)
    other = Timed()
    other.alpha = 16.0
    for name in "st":
        run_experiment(tmp_path, other, run_name=name, total_samples=10)
    assert list(root.glob("retired/*/journals/answers-*"))
    assert other.sampled


@pytest.mark.parametrize("is_old", [False, True], ids=["this version", "the version before"])
def test_equal_work_of_another_machine_merges(tmp_path: Path, is_old: bool) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    run_experiment(a, Timed(), run_name="a", total_samples=(10, 20))
    run_experiment(b, Timed(), run_name="b", total_samples=(10, 30))
    if is_old:
        make_old(b / ".mi")
    (training,) = (
        key
        for key in LocalStore(a / ".mi").published_keys()
        if key.startswith("train-") and (b / ".mi" / "units" / key).exists()
    )
    for key in LocalStore(a / ".mi").published_keys():
        if key.startswith("eval-") and LocalStore(a / ".mi").record(key).training_key == training:
            shutil.rmtree(a / ".mi" / "units" / key)
    for path in (a / ".mi" / "journals").glob("*"):
        path.unlink()
    theirs, ours = LocalStore(b / ".mi"), LocalStore(a / ".mi")
    plan = plan_merge(theirs, ours)
    assert plan.skipped == ()
    apply_merge(plan, theirs, ours)
    models = {
        key: read_identity(ours.unit_dir(key)).digest
        for key in ours.published_keys()
        if key.startswith("train-")
    }
    records = [ours.record(key) for key in ours.published_keys() if key.startswith("eval-")]
    brought = [record for record in records if record.training_key == training]
    assert brought
    assert {record.model_digest for record in brought} == {models[training]}
    names = {name for record in brought for name in record.journals.values()}
    for name in names:
        lines = [json.loads(line) for line in ours.journal(name).read_text().splitlines()]
        assert {line["of"] for line in lines} <= {models[training]}
    books = Timed()
    run_experiment(a, books, run_name="m", total_samples=(10, 30))
    assert not books.trained
    assert not any(who == training for who, *_ in (*books.sampled, *books.scored))
