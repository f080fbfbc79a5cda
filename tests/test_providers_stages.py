"""Trainings in stages: a model is trained on, rows keep their order and their weight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
import torch
from safetensors.torch import load_file

from mi.errors import Interrupted, ProviderError
from mi.providers import schedule
from mi.providers.local import Local, LoraRecipe, network
from mi.providers.local.train import encode_job_rows
from mi.providers.tinker.optim_step import mean_loss, to_datum
from mi.providers.types import GIVEN, TrainJob
from mi.spec import Model
from tests.support.local_jobs import ROWS, train_locally, training_job, training_output
from tests.support.tiny_model import Watcher, make_tiny_model, tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tiny(make_tiny_model(tmp_path_factory.mktemp("models") / "tiny"))


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="module")
def first(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training of the first half of the rows."""
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        train_locally(attrs.evolve(training_job(model), rows=ROWS[:11]), folder)
    return folder


def second_job(model: Model, first: Path, **stated: float) -> TrainJob:
    job = training_job(model, **stated)
    return attrs.evolve(job, key="train-2", rows=ROWS[11:], previous=first)


def tensors(folder: Path) -> dict[str, Any]:
    return load_file(folder / "adapter" / "adapter_model.safetensors")


def test_a_stage_begins_with_the_adapter_of_the_one_before(
    model: Model, first: Path, tmp_path: Path
) -> None:
    train_locally(second_job(model, first, learning_rate=0.0), tmp_path / "still")
    before, after = tensors(first), tensors(tmp_path / "still")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    train_locally(second_job(model, first), tmp_path / "on")
    after = tensors(tmp_path / "on")
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_a_stage_that_is_stopped_ends_as_if_never_stopped(
    model: Model, first: Path, tmp_path: Path
) -> None:
    train_locally(second_job(model, first), tmp_path / "whole")
    with pytest.raises(Interrupted):
        train_locally(second_job(model, first), tmp_path / "cut", Watcher(stop=1))
    network.load_network.cache_clear()
    train_locally(second_job(model, first), tmp_path / "cut")
    assert training_output(tmp_path / "whole") == training_output(tmp_path / "cut")


def test_an_adapter_of_another_shape_is_not_trained_on(
    model: Model, first: Path, tmp_path: Path
) -> None:
    for stated in ({"lora_rank": 8}, {"lora_alpha": 1.0}, {"lora_layers": 1}):
        with pytest.raises(ProviderError, match="another shape"):
            train_locally(second_job(model, first, **stated), tmp_path / "other")


def test_rows_are_trained_in_the_order_given() -> None:
    recipe = LoraRecipe(epochs=2, batch_size=3, row_order=GIVEN)
    assert schedule.plan_batches([5, 1, 4, 2], recipe, 0) == [[0, 1, 2], [3], [0, 1, 2], [3]]


def test_a_weight_multiplies_the_loss_of_its_row(model: Model, tmp_path: Path) -> None:
    job = training_job(model)
    weights = [0.5 + index % 3 for index in range(len(ROWS))]
    loaded = Local().load_network(model, Watcher())
    rows = encode_job_rows(loaded, attrs.evolve(job, row_weights=weights))
    assert [row.weight for row in rows] == weights
    plain = train_locally(attrs.evolve(job, rows=ROWS[:4]), tmp_path / "plain")
    double = attrs.evolve(job, rows=ROWS[:4], row_weights=[2.0] * 4)
    weighed = train_locally(double, tmp_path / "double")
    assert plain.loss is not None
    first_losses = [
        float(training_output(tmp_path / name)[1].split('"loss": ')[1].split(",")[0])
        for name in ("plain", "double")
    ]
    assert first_losses[1] == pytest.approx(2 * first_losses[0], rel=1e-5)
    assert weighed.steps == plain.steps


def test_equal_weights_train_as_no_weights_where_they_are_one(model: Model, tmp_path: Path) -> None:
    train_locally(training_job(model), tmp_path / "none")
    ones = attrs.evolve(training_job(model), row_weights=[1.0] * len(ROWS))
    train_locally(ones, tmp_path / "ones")
    assert training_output(tmp_path / "none") == training_output(tmp_path / "ones")


def test_the_tinker_api_is_sent_the_weight_of_a_row() -> None:
    pytest.importorskip("tinker")
    from mi.providers.chat_template import TokenizedRow

    row = TokenizedRow((1, 2), (3, 4), weight=0.5)
    assert to_datum(row, answer_tokens=4).loss_fn_inputs["weights"].data == [0, 0.125, 0.125]

    @attrs.frozen
    class Output:
        loss_fn_outputs: list[Any]

    output = Output([{"logprobs": torch.tensor([-9.0, -1.0, -2.0])}])
    assert mean_loss(output, [[1, 2]], [0.5]) == (0.75, 2)


def test_providers_say_what_stages_they_can_do() -> None:
    assert Local.continues_trainings
    fields = attrs.fields_dict(LoraRecipe)
    assert all(name in fields for name in Local.adapter_fields)
