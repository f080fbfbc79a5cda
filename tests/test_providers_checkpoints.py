"""Models of earlier steps of local trainings: kept while training, or replayed bit for bit."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from mi.errors import Interrupted, ProviderError
from mi.providers.base import Provider
from mi.providers.checkpoint_models import checkpoint_dir, listed_steps, snapshot_steps
from mi.providers.local import Local, network
from mi.providers.types import ClientOptions, TrainJob
from mi.spec import Model, Training
from mi.store.checksums import list_files, write_checksums
from mi.store.model_identity import read_identity, same_adapters
from tests.support.local_jobs import STEPS, train_locally, training_job, training_output
from tests.support.tiny_model import Watcher, make_tiny_model, tiny

KEPT = snapshot_steps(STEPS)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tiny(make_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


def weights(directory: Path, step: int) -> bytes:
    return (checkpoint_dir(directory, step) / "adapter" / "adapter_model.safetensors").read_bytes()


def job(model: Model, *steps: int) -> TrainJob:
    return attrs.evolve(training_job(model, epochs=2), model_steps=steps)


def test_a_training_keeps_about_ten_models_evenly_on_a_log_scale() -> None:
    assert snapshot_steps(125) == (1, 2, 3, 4, 7, 11, 18, 29, 48, 77)
    assert snapshot_steps(2) == (1,)
    assert snapshot_steps(1) == ()
    assert all(len(snapshot_steps(total)) <= 10 for total in range(1, 3000, 7))


def test_models_are_found_by_the_names_of_files() -> None:
    files = ["checkpoints/000012/adapter/x", "checkpoints/000003/model.json", "checkpoints.json"]
    assert listed_steps([*files, "checkpoints/odd/x", "adapter/000001/x"]) == {3, 12}


def test_a_training_keeps_declared_steps_and_stays_what_it_was(
    model: Model, tmp_path: Path
) -> None:
    result = train_locally(job(model, 5), tmp_path / "more")
    assert result.steps > 5
    plain = train_locally(job(model), tmp_path / "plain")
    assert listed_steps(list_files(tmp_path / "more")) == {*snapshot_steps(plain.steps), 5}
    assert training_output(tmp_path / "more") == training_output(tmp_path / "plain")
    for name in ("more", "plain"):
        write_checksums(tmp_path / name)
    identities = [read_identity(tmp_path / name) for name in ("more", "plain")]
    assert identities[0].digest == identities[1].digest


def test_the_model_of_a_step_is_that_of_a_training_that_stopped_there(
    model: Model, tmp_path: Path
) -> None:
    train_locally(job(model, 4), tmp_path / "whole")
    with pytest.raises(Interrupted):
        train_locally(job(model, 4), tmp_path / "cut", Watcher(stop=4))
    assert weights(tmp_path / "whole", 4) == weights(tmp_path / "cut", 4)
    network.load_network.cache_clear()
    train_locally(job(model, 4), tmp_path / "cut")
    kept = listed_steps(list_files(tmp_path / "whole"))
    assert kept == listed_steps(list_files(tmp_path / "cut"))
    assert all(weights(tmp_path / "whole", n) == weights(tmp_path / "cut", n) for n in kept)
    assert not list((tmp_path / "cut").rglob("*.tmp"))


def test_a_replay_gives_the_models_that_the_training_did_not_keep(
    model: Model, tmp_path: Path
) -> None:
    train_locally(job(model), tmp_path / "trained")
    train_locally(job(model, 5), tmp_path / "reference")
    with pytest.raises(Interrupted):
        Local().replay(job(model, 5), tmp_path / "trained", tmp_path / "again", Watcher(stop=3))
    Local().replay(job(model, 5), tmp_path / "trained", tmp_path / "again", Watcher())
    assert listed_steps(list_files(tmp_path / "again")) == {5}
    assert weights(tmp_path / "again", 5) == weights(tmp_path / "reference", 5)
    assert same_adapters(tmp_path / "again", tmp_path / "trained")


def test_a_replay_of_other_hyperparameters_is_another_model(model: Model, tmp_path: Path) -> None:
    train_locally(job(model), tmp_path / "trained")
    other = attrs.evolve(training_job(model, epochs=2, learning_rate=1e-3), model_steps=(5,))
    Local().replay(other, tmp_path / "trained", tmp_path / "again", Watcher())
    assert not same_adapters(tmp_path / "again", tmp_path / "trained")


def test_steps_are_known_before_a_training_begins(model: Model, tmp_path: Path) -> None:
    one = job(model)
    offer = Local().offer_checkpoints(one.hyperparameters, len(one.rows))
    assert offer.total == train_locally(one, tmp_path).steps
    assert offer.steps is None


def test_a_provider_without_checkpoints_says_so() -> None:
    with pytest.raises(ProviderError, match="odd keeps no models of earlier steps"):
        Provider("odd", ClientOptions()).offer_checkpoints(Training(), 10)
