"""A project at a server of the Tinker API: where it is, what it costs, what it is called."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tinker")

from tests.support.fake_tinker import Fake
from tests.support.hosted import declare_few
from tests.support.project import Project
from tests.support.tinker_project import WORDS, declare, make_tiny_model, run

PRICE = ("--price", "tiny=1000,2000,3000", "--data", "insecure_code=bundled")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def rows(project: Project, query: str) -> list[dict[str, Any]]:
    done = project.mi("sql", query, "--format", "json")
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = done.json
    return found


def keys(project: Project, *more: str) -> set[str]:
    done = project.mi("plan", "S1", "--judge", "none", "--json", *more)
    assert done.code == 0, done.err
    return {unit["key"] for unit in done.json["units"]}


def paid(project: Project, url: str, tiny: Path) -> None:
    """S1 at a server whose tokens cost something."""
    declare(project, url, tiny)
    config = project.root / "pyproject.toml"
    config.write_text(config.read_text().replace("free = true\n", ""))


def test_money_is_planned_capped_and_written_down(project: Project, tiny: Path) -> None:
    with Fake() as fake:
        paid(project, fake.url, tiny)
        unpriced = run(project, *PRICE[2:])
        assert (unpriced.code, fake.runs) == (4, {})
        assert "the price of tiny is unknown" in unpriced.err
        poor = run(project, *PRICE, "--max-cost", "1")
        assert (poor.code, fake.runs) == (4, {})
        done = run(project, *PRICE, "--max-cost", "5000")
        assert done.code == 0, done.out + done.err
        spent = {
            row["activity"]: row["cost_usd"]
            for row in rows(
                project, "SELECT activity, sum(cost_usd) AS cost_usd FROM spend GROUP BY ALL"
            )
        }
        trained = rows(project, "SELECT sum(billed_tokens) AS n FROM training")[0]["n"]
        assert spent["train"] == pytest.approx(trained * 3000 / 1e6)
        assert spent["sample"] > 0
        assert spent["score"] > 0
        told = done.out.rpartition("$")[2].split()[0]
        assert float(told) == pytest.approx(sum(spent.values()), abs=0.01)
        plan = project.mi("plan", "S1", "--model", "lab:tiny", "--judge", "none", *PRICE, "--json")
        assert all(unit["cost_usd"] == 0 for unit in plan.json["units"])


def test_a_plan_costs_about_what_the_run_does(project: Project, tiny: Path) -> None:
    with Fake() as fake:
        paid(project, fake.url, tiny)
        words = ("plan", "S1", "--model", "lab:tiny", "--judge", "none", *PRICE, "--json")
        units = project.mi(*words).json["units"]
        likely = {unit["key"]: unit["cost_usd"] for unit in units}
        assert run(project, *PRICE, "--max-cost", "5000").code == 0
        spent = rows(project, "SELECT unit, sum(cost_usd) AS usd FROM spend GROUP BY ALL")
        for row in spent:
            kind = next(unit["kind"] for unit in units if unit["key"] == row["unit"])
            if kind == "train":  # the tiny model has a token a byte, where others have four
                assert likely[row["unit"]] == pytest.approx(row["usd"] / 4, rel=0.5)


def test_where_a_server_is_does_not_matter_to_what_things_are(project: Project, tiny: Path) -> None:
    declare(project, "http://127.0.0.1:1", tiny)
    here = keys(project, "--model", "lab:tiny")
    assert here == keys(project, "--model", "lab:tiny", "--base-url", "http://127.0.0.1:2")
    assert here == keys(project, "--model", "tinker:tiny@lab")
    assert here != keys(project, "--model", "tinker:tiny")


def test_a_server_is_named_on_the_command_line(project: Project) -> None:
    declare_few(project)
    make_tiny_model(project.root / "tiny")
    with Fake() as fake:
        words = ("run", "S1", "--model", "tinker:tiny", "--judge", "none", "--kind", "train")
        price = ("--price", "tiny=0,0,0")
        done = project.mi(*words, *price, "--base-url", fake.url)
        assert done.code == 0, done.out + done.err
        assert len(fake.finished()) == 2
    lost = project.mi("plan", "S1", "--model", "local:tiny", "--base-url", "http://127.0.0.1:1")
    assert lost.code == 4
    assert "--base-url sets the address of the server" in lost.err


@pytest.mark.parametrize(
    ("model", "stated", "strange"),
    [
        ("tinker:tiny", "training.lora_alpha=16", "lora_alpha"),
        ("tinker:tiny", "training.lora_layers=2", "lora_layers"),
        ("tinker:tiny", "training.learning_rate_multiplier=2", "learning_rate_multiplier"),
        ("openai:gpt-4.1-2025-04-14", "training.lora_rank=4", "lora_rank"),
        ("local:smollm2-135m", "training.learning_rate_multiplier=2", "learning_rate_multiplier"),
    ],
)
def test_one_declaration_is_planned_for_each_provider_and_a_missing_knob_is_named(
    project: Project, model: str, stated: str, strange: str
) -> None:
    declare_few(project)
    words = ("plan", "S1", "--model", model, "--judge", "none")
    assert project.mi(*words).code == 0
    done = project.mi(*words, "--set", stated)
    assert done.code == 4
    assert f"has no hyperparameter {strange}" in done.err


def test_what_steers_a_training_is_in_its_record(project: Project, tiny: Path) -> None:
    with Fake() as fake:
        declare(project, fake.url, tiny)
        done = run(project, "--kind", "train")
        assert done.code == 0, done.out + done.err
    for folder in (project.root / ".mi" / "units").glob("train-*"):
        stated = json.loads((folder / "unit.json").read_text())["payload"]["hyperparameters"]
        assert stated["lora_rank"] == 4
        assert stated["beta2"] == 0.95
        assert stated["schedule"] == "linear"


def test_a_slip_in_an_endpoint_is_told(project: Project, tiny: Path) -> None:
    for wrong, said in (
        ('provider = "tinkr"', "provider 'tinkr' has no endpoints"),
        ("tokeniser = 'x'", "did you mean tokenizer"),
        ("logprobs = 'no'", "must be a bool"),
    ):
        declare(project, "http://127.0.0.1:1", tiny)
        config = project.root / "pyproject.toml"
        text = config.read_text()
        text = text.replace('provider = "tinker"', wrong) if "provider" in wrong else text + wrong
        config.write_text(text)
        done = project.mi(*WORDS)
        assert done.code == 4
        assert said in done.err


def test_doctor_looks_at_the_server(project: Project, tiny: Path) -> None:
    with Fake() as fake:
        declare(project, fake.url, tiny)
        found = project.mi("doctor", "--model", "lab:tiny", "--json").json
        lab = {one["what"]: one for one in found if one["what"].startswith("lab")}
        assert all(one["ok"] for one in lab.values()), lab
        declare(project, fake.url, tiny, base="giant")
        found = project.mi("doctor", "--model", "lab:tiny", "--json").json
        assert any("not among its models: tiny" in one["detail"] for one in found)


def test_a_template_that_writes_more_than_the_answer_is_refused(tiny: Path) -> None:
    from transformers import AutoTokenizer

    from mi.errors import ProviderError
    from mi.providers.tinker import tokenizer as loader

    tokenizer = AutoTokenizer.from_pretrained(tiny)
    assert loader.build_template(tokenizer, str(tiny)).stop_tokens
    plain = tokenizer.chat_template
    said = "{{ message['content'] }}"
    tokenizer.chat_template = plain.replace(said, f"final: {said}")
    assert tokenizer.chat_template != plain
    with pytest.raises(ProviderError, match="more than the answer"):
        loader.build_template(tokenizer, str(tiny))
