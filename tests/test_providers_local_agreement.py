"""Laws of the comparison: a shortcut that is wrong for a model does not serve it."""

from pathlib import Path
from typing import Any

import attrs
import pytest
import torch

from mi.errors import ProviderError
from mi.providers.local import Local, agreement_cache, agreement_probes, head, network
from mi.providers.local.agreement import PathAgreement, compare_paths
from mi.providers.local.network import Network
from mi.providers.local.packing import additive_mask, tree_attention
from mi.providers.local.paths import PLAIN
from mi.spec import Model
from tests.support.families import build_model, build_tokenizer
from tests.support.tiny_model import Watcher, make_tiny_model, tiny


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    network.load_network.cache_clear()
    yield
    network.load_network.cache_clear()


def build_network(family: str) -> Network:
    model = build_model(family, layers=2)
    model.requires_grad_(False)
    return Network(model, build_tokenizer())


def test_a_shortcut_that_computes_something_else_does_not_serve_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    eager = build_network("gemma2")
    assert compare_paths(eager).unused == ()
    monkeypatch.setattr(network, "additive_mask", lambda mask, config: mask)
    found = compare_paths(eager)
    assert found.unused == ("packed",)
    assert found.can_score
    assert found.can_train
    assert "several answers in one row" in found.message()
    assert "nats off" in found.message()
    assert eager.paths != PLAIN  # as it was before


def test_a_shortcut_that_fails_does_not_serve_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> float:
        raise IndexError("list index out of range")

    monkeypatch.setattr(agreement_probes, "sampling_difference", fail)
    found = compare_paths(build_network("llama3"))
    assert not found.paths.cache
    assert not found.paths.own_cache
    assert found.describe("cache") == "fails: IndexError: list index out of range"


def test_a_model_that_no_path_computes_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    scaled = build_network("granite")
    assert not scaled.head.is_product
    scaled.head.is_product = True
    found = compare_paths(scaled)
    assert not found.can_score
    with pytest.raises(ProviderError, match=r"GraniteForCausalLM itself computes .*nats off") as no:
        found.require("GraniteForCausalLM")
    assert no.value.hint


def test_an_adapter_that_a_model_does_not_call_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that reads the weight of a module would ignore the adapter beside it."""
    loaded = build_network("llama3")
    for layer in loaded.decoder.layers:
        attention: Any = layer.self_attn
        project = attention.o_proj
        monkeypatch.setattr(
            attention,
            "forward",
            lambda *args, inner=attention.forward, linear=project, **named: _by_weight(
                inner, linear, *args, **named
            ),
        )
    found = compare_paths(loaded)
    assert found.can_score
    assert not found.can_train
    with pytest.raises(ProviderError, match="an adapter beside its weights and merged into them"):
        found.require("LlamaForCausalLM", training=True)


def _by_weight(inner: Any, linear: torch.nn.Linear, *args: Any, **named: Any) -> Any:
    attention = inner.__self__
    beside, attention.o_proj = attention.o_proj, linear
    try:
        return inner(*args, **named)
    finally:
        attention.o_proj = beside


def test_a_comparison_is_made_once_for_a_model_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny(make_tiny_model(tmp_path / "tiny"))
    first = Local().load_network(model, Watcher()).agreement
    network.load_network.cache_clear()
    monkeypatch.setattr(agreement_cache, "compare_paths", lambda network: pytest.fail("again"))
    assert Local().load_network(model, Watcher()).agreement == first
    for file in (tmp_path / "cache" / "agreement").iterdir():
        file.write_text("{broken")
    network.load_network.cache_clear()
    monkeypatch.setattr(agreement_cache, "compare_paths", compare_paths)
    assert Local().load_network(model, Watcher()).agreement.paths == first.paths


def test_what_does_not_serve_is_said_once_and_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compare(network: Network) -> PathAgreement:
        found = compare_paths(network)
        differences = {**found.differences, "packed": 0.56}
        paths = attrs.evolve(found.paths, packed=False)
        return attrs.evolve(found, differences=differences, paths=paths)

    monkeypatch.setattr(agreement_cache, "compare_paths", compare)
    model: Model = tiny(make_tiny_model(tmp_path / "tiny"))
    watch = Watcher()
    loaded = Local().load_network(model, watch)
    assert loaded.packing_window == 0
    assert [note for note in watch.notes if "0.56 nats off" in note and "slower" in note]
    Local().load_network(model, quiet := Watcher())
    assert quiet.notes == []


@pytest.mark.parametrize(
    ("family", "is_product"), [("llama3", True), ("granite", False), ("gemma2", False)]
)
def test_logits_are_the_models_own(family: str, is_product: bool) -> None:
    """Scaled by 1/8, capped at 30, or as they are."""
    model = build_model(family, layers=1)
    found = head.Head(model, "model")
    assert found.is_product is is_product
    ids = torch.tensor([[3, 5, 8]])
    with torch.no_grad():
        got = found(model.model(input_ids=ids).last_hidden_state)
        torch.testing.assert_close(got, model(input_ids=ids).logits)


@pytest.mark.parametrize("implementation", ["eager", "sdpa"])
def test_a_packed_row_is_masked_in_every_implementation(implementation: str) -> None:
    model = build_model("llama3", layers=2)
    model.set_attn_implementation(implementation)
    loaded = Network(model, build_tokenizer())
    positions, mask = tree_attention(0, 3, [2, 4], loaded.device)
    converted = additive_mask(mask, model.config)
    assert converted is not None
    assert (converted.dtype == torch.bool) is (implementation == "sdpa")
    trunk, first, second = [5, 6, 7], [8, 9], [10, 11, 12, 13]
    with torch.no_grad():
        packed = loaded.forward(
            torch.tensor([[*trunk, *first, *second]]), positions=positions, mask=mask
        )[0]
        alone = loaded.forward(torch.tensor([[*trunk, *second]]))[0]
    torch.testing.assert_close(packed[5:], alone[3:], atol=1e-5, rtol=1e-5)
