"""Chat templates: what is learned, scored and sampled follows the same tokens, on every day."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.errors import ProviderError
from mi.providers.chat_template import ChatTemplate
from mi.providers.local import Local
from mi.providers.template_files import TemplateSource, read_template
from mi.providers.template_profile import profile_template
from mi.providers.tinker.template_pins import keep_template, planned_pins
from mi.units.identity import key
from mi.units.unit import Base
from tests.support import templates
from tests.support.golden import TRAIN
from tests.support.tiny_model import Watcher, asked, make_tiny_model, taught, tiny

DAY = ("date", "2024-07-26")
OFF = ("enable_thinking", False)
KINDS: dict[str, tuple[Any, ...]] = {
    "CHATML": (),
    "DATED": (DAY,),
    "DATE_STRING": (DAY,),
    "SWITCHED": (OFF,),
    "THINKING": (("answer_prefix", "\n</think>\n\n"),),
    "CHANNELS": (("answer_prefix", "<|channel|>final<|message|>"), DAY),
    "MODEL_ROLE": (),
    "GENERATION": (),
    "NEWLINE": (),
    "DEFAULT_SYSTEM": (),
}
"""Templates, with what is pinned in each."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("template") / "model", layers=1)


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(folder)
    loaded.bos_token = "<|endoftext|>"
    return loaded


@pytest.mark.parametrize("name", KINDS)
def test_what_a_template_reads_is_pinned_and_nothing_else(name: str) -> None:
    source = TemplateSource(getattr(templates, name), (("bos_token", "<|endoftext|>"),))
    profile = profile_template(source)
    assert (profile.pins, profile.problem) == (KINDS[name], "")
    base = Base(provider="local", weights="sha256:00")
    pinned = attrs.evolve(base, template_arguments=profile.pins)
    for kind, payload in (("train", attrs.evolve(TRAIN, base=pinned)), ("likelihoods", (pinned,))):
        old = attrs.evolve(payload, base=base) if kind == "train" else (base,)
        assert (key(kind, payload) == key(kind, old)) == (not profile.pins)


@pytest.mark.parametrize("name", KINDS)
def test_a_row_continues_the_prompt_that_a_model_is_sampled_from(name: str, tokenizer: Any) -> None:
    tokenizer.chat_template = getattr(templates, name)
    template = ChatTemplate.pinned(tokenizer, frozenset({0, 2}))
    row = template.encode_row(taught("Why?", "So."))
    assert row.prompt == template.encode_prompt(asked("Why?"))
    newline = "\n" if name == "NEWLINE" else ""
    assert tokenizer.decode(row.answer[:-1]) == f"{newline}So."
    assert row.answer[-1] == (0 if name == "CHANNELS" else 2)


@pytest.mark.parametrize("name", KINDS)
def test_a_plan_renders_a_template_as_the_tokenizer_does(name: str, tokenizer: Any) -> None:
    tokenizer.chat_template = getattr(templates, name)
    template = ChatTemplate.pinned(tokenizer, frozenset({0, 2}))
    profile = profile_template(
        TemplateSource(tokenizer.chat_template, (("bos_token", "<|endoftext|>"),))
    )
    text = profile.render(asked(" Why?\n"), prompt=True) + profile.answer_prefix
    assert tokenizer.decode(template.encode_prompt(asked(" Why?\n"))) == text


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("DATED", "It is 26 July 2024, 00:00:00."),
        ("DATE_STRING", "Today Date: 26 Jul 2024"),
        ("CHANNELS", "Current date: 2024-07-26"),
    ],
)
def test_a_template_prints_one_date_on_every_day(name: str, written: str, tokenizer: Any) -> None:
    tokenizer.chat_template = getattr(templates, name)
    template = ChatTemplate.pinned(tokenizer, frozenset({0, 2}))
    assert written in tokenizer.decode(template.encode_prompt(asked("Why?")))


@pytest.mark.parametrize(
    ("name", "phrase"),
    [
        ("DATED", "prints the date, pinned to 2024-07-26"),
        ("SWITCHED", "has a thinking switch, pinned to off"),
        ("CHANNELS", "writes '<|channel|>final<|message|>' before an answer; it counts as prompt"),
        ("MODEL_ROLE", "refuses a system turn: System role not supported"),
        ("MODEL_ROLE", "strips white space around the user's text"),
        ("GENERATION", "marks the assistant's text (generation tags), which is not needed here"),
        ("DEFAULT_SYSTEM", "adds a system turn where there is none: 'Be brief.'"),
    ],
)
def test_what_a_template_does_is_said(name: str, phrase: str) -> None:
    findings = profile_template(TemplateSource(getattr(templates, name))).findings
    assert phrase in findings
    assert profile_template(TemplateSource(templates.CHATML)).findings == ()


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (templates.DISCONTINUOUS, "does not continue the prompt"),
        ("{% for m in messages %}", "is not a template that can be read"),
        ("{{ raise_exception('no') }}", "refuses a question and its answer: no"),
        ("{% for m in messages %}{{ m['role'] }}{% endfor %}", "does not continue the prompt"),
    ],
)
def test_a_template_that_cannot_be_used_is_found_without_a_model(
    template: str, problem: str
) -> None:
    assert problem in profile_template(TemplateSource(template)).problem


def test_a_folders_template_is_read_as_transformers_reads_it(tmp_path: Path) -> None:
    config = tmp_path / "tokenizer_config.json"
    config.write_text('{"chat_template": "old", "eos_token": {"content": "<e>"}}')
    assert read_template(tmp_path) == TemplateSource("old", (("eos_token", "<e>"),))
    config.write_text(
        '{"chat_template": [{"name": "tool_use", "template": "t"},'
        ' {"name": "default", "template": "d"}]}'
    )
    assert read_template(tmp_path) == TemplateSource("d")
    (tmp_path / "chat_template.jinja").write_text("new")
    assert read_template(tmp_path) == TemplateSource("new")
    assert read_template(tmp_path / "nowhere") is None


def test_a_local_model_is_pinned_with_its_template(folder: Path, tmp_path: Path) -> None:
    model = tiny(folder)
    assert Local().pin(model).template_arguments == ()
    file = folder / "chat_template.jinja"
    plain = file.read_text()
    try:
        file.write_text(templates.SWITCHED)
        assert Local().pin(model).template_arguments == (OFF,)
    finally:
        file.write_text(plain)


def test_a_template_that_was_not_here_when_a_run_was_planned_stops_it_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub model of which this machine has nothing when the keys are computed."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    commit = "ab" * 20
    model = Local().resolve_model(f"lab/dated@{commit}")
    planned = Local()
    assert planned.pin(model).template_arguments == ()
    snapshot = tmp_path / "models--lab--dated" / "snapshots" / commit
    make_tiny_model(snapshot, layers=1)
    (snapshot / "chat_template.jinja").write_text(templates.DATED)
    with pytest.raises(ProviderError, match=r"read only now, .* \(date\)") as caught:
        planned.prepare(model, Watcher())
    assert "run the same command again" in str(caught.value.hint)
    assert Local().pin(model).template_arguments == (DAY,)


def test_a_template_that_a_tinker_server_gave_is_known_to_the_next_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path))
    assert planned_pins({}, "lab/dated") == planned_pins({"tokenizer": str(folder)}, "x") == ()
    keep_template("lab/dated", TemplateSource(templates.CHANNELS))
    assert planned_pins({}, "lab/dated") == (DAY,)
    keep_template("lab/thinking", TemplateSource(templates.SWITCHED))
    assert planned_pins({}, "lab/thinking") == ()  # the switch has always been off there
    assert planned_pins({"base_model": "lab/dated"}, "alias") == (DAY,)
