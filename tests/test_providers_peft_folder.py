"""Adapters that were trained elsewhere are used as they are, or refused by what is wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from mi.errors import DeclarationError
from mi.providers.local import Local
from mi.providers.local.adapted import adapt
from mi.providers.local.peft_folder import read_peft_folder
from mi.providers.types import ModelUnderTest
from mi.spec import Model
from tests.support.tiny_model import Watcher, make_tiny_model, tiny

PATH = "model.layers.2.self_attn.q_proj"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tiny(make_tiny_model(tmp_path_factory.mktemp("tiny") / "base"))


def write_adapter(folder: Path, base: Model, *, width: int = 48, **changes: Any) -> Path:
    """A folder as PEFT writes it, with `layers_to_transform` unset."""
    folder.mkdir(parents=True)
    torch.manual_seed(1)
    prefix = f"base_model.model.{PATH}"
    tensors = {
        f"{prefix}.lora_A.weight": torch.randn(4, width),
        f"{prefix}.lora_B.weight": torch.randn(width, 4),
    }
    save_file(tensors, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "base_model_name_or_path": base.name,
        "r": 4,
        "lora_alpha": 8,
        "bias": "none",
        "layers_to_transform": None,
        "target_modules": ["q_proj"],
        "lora_dropout": 0.1,
        **changes,
    }
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


@pytest.mark.parametrize(("rslora", "scale"), [(False, 2.0), (True, 8 / math.sqrt(4))])
def test_an_adapter_adds_its_scaled_product_and_nothing_else(
    tmp_path: Path, model: Model, rslora: bool, scale: float
) -> None:
    folder = write_adapter(tmp_path / "a", model, use_rslora=rslora)
    network = Local().load_network(model, Watcher())
    adapted = adapt(network, ModelUnderTest(model=model, adapter=folder))
    tensors = load_file(folder / "adapter_model.safetensors")
    a, b = (tensors[f"base_model.model.{PATH}.lora_{side}.weight"] for side in "AB")
    weight = network.model.get_submodule(PATH).weight.detach()
    assert list(adapted.merged_weights) == [PATH]
    assert torch.allclose(adapted.merged_weights[PATH], weight + scale * (b @ a), atol=1e-6)
    assert adapted.split <= 2


def test_the_digest_is_of_what_the_adapter_does(tmp_path: Path, model: Model) -> None:
    one = read_peft_folder(write_adapter(tmp_path / "a", model), model)
    same = write_adapter(tmp_path / "b", model, lora_dropout=0.0, revision="main")
    assert read_peft_folder(same, model).digest == one.digest
    other = write_adapter(tmp_path / "c", model, lora_alpha=16)
    assert read_peft_folder(other, model).digest != one.digest


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"base_model_name_or_path": "Qwen/Qwen3-8B"}, "was trained on Qwen/Qwen3-8B, not on"),
        ({"base_model_name_or_path": None}, "does not say which model"),
        ({"peft_type": "PREFIX_TUNING"}, "only LORA"),
        ({"use_dora": True}, "use_dora=True"),
        ({"modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"rank_pattern": {"q_proj": 2}}, "rank_pattern"),
        ({"bias": "all"}, "changes biases"),
        ({"init_lora_weights": "pissa"}, "may have changed its base"),
        ({"r": None}, "no rank and alpha"),
    ],
)
def test_an_adapter_that_does_not_fit_is_refused_by_name(
    tmp_path: Path, model: Model, changes: dict[str, Any], problem: str
) -> None:
    folder = write_adapter(tmp_path / "a", model, **changes)
    with pytest.raises(DeclarationError, match=problem):
        Local().pin_adapter(model, folder)


def test_a_folder_that_holds_no_adapter_is_refused(tmp_path: Path, model: Model) -> None:
    with pytest.raises(DeclarationError, match="there is no adapter_config"):
        Local().pin_adapter(model, tmp_path)
    folder = write_adapter(tmp_path / "a", model)
    (folder / "adapter_model.safetensors").write_bytes(b"\x08" + bytes(7) + b"nonsense")
    with pytest.raises(DeclarationError, match="cannot be read"):
        Local().pin_adapter(model, folder)
    (folder / "adapter_model.safetensors").unlink()
    with pytest.raises(DeclarationError, match="has no adapter_model"):
        Local().pin_adapter(model, folder)


def test_an_adapter_of_other_shapes_is_refused_before_it_is_used(
    tmp_path: Path, model: Model
) -> None:
    folder = write_adapter(tmp_path / "a", model, width=32)
    network = Local().load_network(model, Watcher())
    with pytest.raises(DeclarationError, match="does not fit the model"):
        adapt(network, ModelUnderTest(model=model, adapter=folder))
