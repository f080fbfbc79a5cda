"""A model's architecture and template are checked before its weights are loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.planning.plan import Plan, PlannedUnit
from mi.planning.refusals import refuse_units
from mi.providers.local import Local, network, sample, shrink
from mi.providers.local.models import read_model_config
from mi.providers.local.self_check import SelfCheck, self_check
from mi.providers.local.targets import resolve_targets
from mi.providers.types import ModelReport, Refusal
from mi.spec import Preference
from mi.store.records import State
from mi.units.unit import Payload, Unit
from registry.models import models
from tests.support import templates
from tests.support.golden import EVALUATE, HELDOUT, MIX, TRAIN
from tests.support.project import Project
from tests.support.tiny_model import Watcher, make_tiny_model, tiny

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
LLAMA = {
    "model_type": "llama",
    "hidden_size": 576,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
}
"""The widths of the embedded model."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.mark.parametrize(
    ("family", "layers", "kinds", "grouping"),
    [
        ("LlamaConfig", 4, set(), 1),
        ("Qwen3MoeConfig", 4, set(), 4),
        ("Gemma2Config", 4, {"sliding_attention", "full_attention"}, 2),
        ("Gemma3TextConfig", 6, {"sliding_attention", "full_attention"}, 2),
        ("Gemma4TextConfig", 6, {"sliding_attention", "full_attention"}, 2),
        ("Gemma3Config", 6, {"sliding_attention", "full_attention"}, 2),
        ("Qwen3_5TextConfig", 4, {"linear_attention", "full_attention"}, 4),
        ("DeepseekV3Config", 4, set(), 1),
    ],
)
def test_a_copy_is_small_and_keeps_the_pattern_of_its_architecture(
    family: str, layers: int, kinds: set[str], grouping: int
) -> None:
    import transformers

    config = getattr(transformers, family)()
    copy = shrink.build_copy(config)
    small = copy.config.get_text_config(decoder=True)
    assert small.num_hidden_layers == layers
    assert set(getattr(small, "layer_types", None) or ()) >= kinds
    assert small.num_attention_heads // small.num_key_value_heads == grouping
    assert sum(weight.numel() for weight in copy.parameters()) < 1_000_000
    if "sliding_attention" in kinds:
        assert small.sliding_window == shrink.WINDOW
    assert getattr(config.get_text_config(), "num_hidden_layers", 0) > layers  # as it was


def test_an_architecture_that_is_computed_rightly_is_checked_once(cache: Path) -> None:
    check = self_check(LLAMA, TARGETS)
    assert check == SelfCheck(architecture="LlamaForCausalLM")
    code = (
        "import sys; from mi.providers.local.self_check import self_check\n"
        f"check = self_check({LLAMA!r}, {TARGETS!r})\n"
        "print(check.architecture, {'torch', 'transformers'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "MI_CACHE": str(cache)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "LlamaForCausalLM set()", done.stderr
    [kept] = (cache / "self-checks").iterdir()
    kept.write_text('{"damaged')
    assert self_check(LLAMA, TARGETS) == check


def test_scoring_that_differs_refuses_all_work(monkeypatch: pytest.MonkeyPatch) -> None:
    logits = network.Network.logits
    monkeypatch.setattr(network.Network, "logits", lambda self, hidden: logits(self, hidden) * 2)
    refusals = self_check(LLAMA, TARGETS).provider_refusals()
    assert {one.capability for one in refusals} == {"train", "sample", "logprob"}
    assert all("LlamaForCausalLM itself computes" in one.reason for one in refusals)
    assert all("use another model" in one.hint for one in refusals)


def test_sampling_that_differs_refuses_sampling_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    choose = sample.choose_tokens

    def flatten(logits: Any, *rest: Any) -> list[int]:
        return choose(logits * 0.5, *rest)

    monkeypatch.setattr(sample, "choose_tokens", flatten)
    [refusal] = self_check(LLAMA, TARGETS).provider_refusals()
    assert refusal.capability == "sample"
    assert "tokens at temperature 1 differ" in refusal.reason


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"model_type": "of-another-library"}, "transformers cannot build"),
        ({"model_type": "t5"}, "transformers cannot build"),
    ],
)
def test_what_is_no_causal_language_model_is_refused(config: dict[str, Any], reason: str) -> None:
    refusals = self_check(config, TARGETS).provider_refusals()
    assert {one.capability for one in refusals} == {"train", "sample", "logprob"}
    assert reason in refusals[0].reason


def test_what_adapters_do_not_reach_is_said() -> None:
    config = {"model_type": "mixtral", "hidden_size": 64, "intermediate_size": 128}
    check = self_check({**config, "num_hidden_layers": 4, "vocab_size": 99}, TARGETS)
    assert "without adapters: mlp.experts.gate_up_proj" in check.reach
    assert not check.refusals


FAMILIES = [
    "LlamaConfig",
    "Qwen2Config",
    "Qwen3Config",
    "Qwen3_5TextConfig",
    "Gemma2Config",
    "Gemma3TextConfig",
    "Gemma3Config",
    "Gemma4TextConfig",
    "Gemma4Config",
    "MistralConfig",
    "MixtralConfig",
    "Qwen3MoeConfig",
    "Phi3Config",
    "Olmo2Config",
    "Olmo3Config",
    "GraniteConfig",
    "Glm4Config",
    "GptOssConfig",
    "Cohere2Config",
    "DeepseekV3Config",
    "SmolLM3Config",
    "FalconH1Config",
    "GPTNeoXConfig",
    "Llama4TextConfig",
    "Starcoder2Config",
    "GraniteMoeConfig",
]


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_at_its_usual_size_is_checked_and_served(family: str, tmp_path: Path) -> None:
    import transformers

    path = tmp_path / "config.json"
    getattr(transformers, family)().to_json_file(path)
    config = read_model_config(path)
    check = self_check(config, resolve_targets(config, None, family))
    assert (check.unchecked, check.refusals) == ("", ())


def planned(payload: Payload, state: State = State.TODO) -> PlannedUnit:
    unit = Unit(payload=payload, title="one", setting="s")
    return PlannedUnit(unit=unit, state=state, reason="new", cells=("c",), shared_with=())


def test_a_plan_refuses_the_units_that_need_what_is_refused() -> None:
    scored = attrs.evolve(EVALUATE, eval=Preference(id="p", title="P", pairs=HELDOUT))
    units = tuple(map(planned, (MIX, TRAIN, EVALUATE, scored)))
    done = planned(TRAIN, State.DONE)
    report = ModelReport(
        refusals=tuple(
            Refusal(capability=name, reason="it would be wrong", hint="take another")
            for name in ("train", "logprob")
        )
    )
    plan = refuse_units(Plan(units=(*units, done), cells=()), report)
    is_refused = [unit.skip_reason is not None for unit in plan.units]
    assert is_refused == [False, True, False, True, False]
    assert plan.units[1].reason == "refused: it would be wrong"
    assert plan.units[1].skip_reason == "it would be wrong\n  → take another"
    assert refuse_units(plan, ModelReport()) is plan


@pytest.mark.slow
def test_a_template_that_breaks_off_is_refused_in_the_plan_and_runs_nothing(
    tmp_path: Path, project: Project
) -> None:
    folder = make_tiny_model(tmp_path / "model", layers=2)
    (folder / "chat_template.jinja").write_text(templates.DISCONTINUOUS)
    words = ("A05a", "--model", f"local:{folder}", "-k", "n=100")
    units = project.mi("plan", *words, "--json").json["units"]
    refused = {unit["kind"] for unit in units if unit["reason"].startswith("refused: ")}
    assert refused >= {"train"}
    assert all(
        "its chat template cannot be used" in unit["reason"]
        for unit in units
        if unit["kind"] == "train"
    )


def test_doctor_says_what_a_template_does_and_what_was_checked(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model", layers=2)
    (folder / "chat_template.jinja").write_text(templates.SWITCHED)
    report = Local().inspect_model(tiny(folder))
    assert report.details == (
        "its chat template has a thinking switch, pinned to off",
        "a small copy of LlamaForCausalLM computes what it should",
    )
    assert (report.notes, report.refusals) == ((), ())
    (folder / "chat_template.jinja").unlink()
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config.pop("chat_template", None)
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    refusals = Local().inspect_model(tiny(folder)).refusals
    assert {one.reason for one in refusals} == {"its tokenizer has no chat template"}


def test_a_plan_of_the_embedded_model_leaves_its_check_to_the_first_load_and_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_tiny_model(tmp_path / "model")
    monkeypatch.setattr("mi.providers.local.inspection.available_directory", lambda model: folder)
    checked: list[object] = []

    def check(config: object, targets: object) -> SelfCheck:
        checked.append(config)
        return SelfCheck(architecture="LlamaForCausalLM")

    monkeypatch.setattr("mi.providers.local.inspection.self_check", check)
    embedded = models["local:smollm2-135m"]
    monkeypatch.setattr(Local, "model_hyperparameters", lambda *args: embedded.training)
    assert not Local().inspect_model(embedded).refusals
    assert not checked
    said = [one.detail for one in Local().checks([embedded], Watcher())]
    assert len(checked) == 1
    assert any("small copy of LlamaForCausalLM" in detail for detail in said)
