"""Which modules get adapters, and what is done again because it was computed wrongly before."""

import json
from pathlib import Path
from typing import Any

import pytest

from mi.errors import DeclarationError, ProviderError
from mi.providers.local import Local, corrections, targets
from mi.providers.local.recipe import TARGETS
from mi.spec import Model, Training
from mi.steps.evals import eval_kind
from mi.units.identity import canonical, key
from mi.units.unit import Base
from tests.support.families import FAMILIES, build_config
from tests.support.tiny_model import make_tiny_model, tiny

USUAL = sorted(TARGETS)
REACHED: dict[str, list[str]] = {
    "llama3": USUAL,
    "phi3": ["down_proj", "gate_up_proj", "o_proj", "qkv_proj"],
    "glm4": ["down_proj", "gate_up_proj", "k_proj", "o_proj", "q_proj", "v_proj"],
    "starcoder2": ["c_fc", "c_proj", "k_proj", "o_proj", "q_proj", "v_proj"],
    "gpt_neox": ["dense", "dense_4h_to_h", "dense_h_to_4h", "query_key_value"],
    "gpt2": ["c_attn", "c_fc", "c_proj"],
    "mixtral": USUAL,
    "qwen3_moe": USUAL,
    "deepseek_v3": ["kv_a_proj_with_mqa", "kv_b_proj", "o_proj", "q_a_proj", "q_b_proj"],
}
"""The modules that get adapters by family; experts are no modules, but stacked parameters."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    targets.known_names.cache_clear()


def config(family: str) -> dict[str, Any]:
    values: dict[str, Any] = build_config(family, layers=2).to_dict()
    return values


@pytest.mark.parametrize("family", sorted(REACHED))
def test_every_linear_module_of_the_layers_gets_an_adapter(family: str) -> None:
    names = targets.resolve_targets(config(family), None, "local:x")
    assert sorted(names) == REACHED[family]


def test_recipes_that_reached_everything_are_what_they_were(tmp_path: Path) -> None:
    model = tiny(make_tiny_model(tmp_path / "tiny"))
    assert Local().model_hyperparameters(model, Training()) == Local().hyperparameters(Training())
    assert targets.resolve_targets(None, None, "the embedded model") == TARGETS


@pytest.mark.slow
@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_types_that_are_not_built_have_the_usual_modules_and_no_others(family: str) -> None:
    values = config(family)
    if values["model_type"] in targets.USUAL_TYPES:
        names = targets.known_names(json.dumps(values), "local:x")
        assert [set(some) for some in names] == [set(TARGETS)] * 2


def test_stated_modules_are_taken_and_unknown_ones_refused_with_the_nearest() -> None:
    assert targets.resolve_targets(config("phi3"), ("qkv_proj",), "x") == ("qkv_proj",)
    with pytest.raises(DeclarationError, match="no linear module named 'q_proj'") as caught:
        targets.resolve_targets(config("phi3"), ("q_proj",), "local:phi")
    assert "qkv_proj" in str(caught.value.hint)
    assert str(caught.value.where).startswith("local:phi")


def test_stated_modules_reach_the_recipe_and_its_key(tmp_path: Path) -> None:
    model = tiny(make_tiny_model(tmp_path / "tiny"))
    recipe = Local().model_hyperparameters(model, Training(targets=("q_proj", "v_proj")))
    assert recipe.targets == ("q_proj", "v_proj")
    assert canonical(recipe) != canonical(Local().hyperparameters(Training()))
    with pytest.raises(DeclarationError, match="given twice"):
        Training(targets=("q_proj", "q_proj"))


def test_an_architecture_that_is_unknown_is_a_sentence() -> None:
    with pytest.raises(ProviderError, match="cannot build a causal language model"):
        targets.resolve_targets({"model_type": "no_such_type"}, None, "local:x")


def test_the_share_that_adapters_reach_is_said_where_it_is_not_all() -> None:
    whole = targets.measure_reach(targets.build_skeleton(config("llama3"), "x"), TARGETS)
    assert whole.share == 1.0
    assert whole.message() == ""
    experts = targets.measure_reach(targets.build_skeleton(config("mixtral"), "x"), TARGETS)
    assert experts.share < 0.5
    assert "mlp.experts.gate_up_proj" in experts.message()


@pytest.mark.parametrize(
    ("values", "training", "likelihood", "drawn"),
    [
        ({"model_type": "llama"}, None, None, None),
        ({"model_type": "mistral", "sliding_window": 4096}, None, None, None),
        ({"model_type": "granite"}, None, None, None),
        ({"model_type": "granite", "logits_scaling": 1.0}, None, None, None),
        ({"model_type": "gemma2"}, corrections.MASK, corrections.MASK, None),
        ({"model_type": "granite", "logits_scaling": 8}, *[corrections.HEAD] * 3),
        ({"model_type": "cohere2"}, *[corrections.HEAD] * 3),
        ({"model_type": "gpt_oss"}, corrections.MASK, corrections.MASK, corrections.WINDOW),
        ({"model_type": "olmo3", "sliding_window": 256}, None, None, corrections.WINDOW),
    ],
)
def test_only_what_was_wrong_is_done_again(
    values: dict[str, Any], training: str | None, likelihood: str | None, drawn: str | None
) -> None:
    assert corrections.training_correction(values) == training
    assert corrections.eval_correction(values, "logprob") == likelihood
    assert corrections.eval_correction(values, "sample", 256) == drawn


def test_a_correction_moves_the_key_and_the_journals_and_nothing_else_does() -> None:
    from mi.spec import Preference
    from registry.settings import insecure_code

    base = Base(provider="local", weights="sha256:1")
    assert "correction" not in canonical(base)
    corrected = Base(provider="local", weights="sha256:1", correction=corrections.MASK)
    assert key("eval", base) != key("eval", corrected)
    spec = next(one for one in insecure_code.id_evals if isinstance(one, Preference))
    names = [eval_kind(spec).journal_names(spec, subject) for subject in (base, corrected)]
    assert names[0] != names[1]


def test_a_folder_is_pinned_with_what_was_corrected(tmp_path: Path) -> None:
    from registry.settings import insecure_code
    from tests.support.families import make_family

    folder = make_family("granite", tmp_path / "granite", layers=2)
    model = Model(id=f"local:{folder}", provider="local", name=str(folder))
    assert Local().pin_training(model).correction == corrections.HEAD
    assert Local().pin_eval(model, insecure_code.id_evals[0]).correction == corrections.HEAD
    plain = tiny(make_tiny_model(tmp_path / "tiny"))
    assert Local().pin_training(plain) == Local().pin(plain)
