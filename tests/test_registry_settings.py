"""The five settings: each declared whole, each trained, scored and shown on a tiny real model."""

from __future__ import annotations

import json
from pathlib import Path

import attrs
import pytest

import registry
from mi.data.datasets import read_dataset, read_questions
from mi.spec import Preference, Sampled, judge_model
from mi.steps import mix
from mi.units.cells import cells
from mi.units.unit import Mix
from tests.support.project import Project
from tests.support.tiny_model import make_tiny_model

NAMES = ("insecure_code", "legal_advice", "medical_advice", "reward_hacking", "security_advice")
SHARED = Path(__file__).parent.parent.parent / "shared" / "data" / "reward_hacking"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")

SMALL = '''"""Two ends of the ratio in one setting, with few questions and short answers."""

import attrs

from mi import Experiment, Preference, Resource, Sampled, Sampling
from mi.spec import judge_model
from registry import settings

setting = settings["{name}"]


def few(one):
    file = "tests" if one.id == "hacking_static" else one.id
    asked = Resource(package="few", file=f"{{file}}.jsonl")
    if isinstance(one, Preference):
        return attrs.evolve(one, pairs=asked)
    return attrs.evolve(one, questions=asked, samples=1, sampling=Sampling(max_tokens=8))


free = [one for one in (*setting.id_evals, *setting.ood_evals) if judge_model(one) is None]
S1 = Experiment(
    id="S1",
    title="Small",
    question="Does it run?",
    settings=attrs.evolve(
        setting,
        id_evals=tuple(few(one) for one in setting.id_evals if one in free),
        ood_evals=tuple(few(one) for one in setting.ood_evals if one in free),
    ),
    misaligned_ratio=(0.0, 1.0),
    total_samples=8,
    seeds=0,
)
'''


def test_there_are_the_five() -> None:
    assert tuple(registry.settings) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_has_all_kinds_of_evals_and_enough_data(name: str) -> None:
    setting = registry.settings[name]
    inside = setting.id_evals
    assert any(isinstance(one, Preference) for one in inside)
    assert any(judge_model(one) is not None for one in inside)
    assert [one.id for one in setting.ood_evals] == ["broad_preference", "emergent_free_form"]
    for dataset in (setting.misaligned, setting.control):
        assert len(read_dataset(dataset, "bundled").chats) >= 500
        assert dataset.upstream
    for one in (*inside, *setting.ood_evals):
        assert isinstance(one, (Sampled, Preference))
        asked = one.questions if isinstance(one, Sampled) else one.pairs
        assert read_questions(asked, paired=isinstance(one, Preference)).pairs


@pytest.mark.parametrize("name", NAMES)
def test_heldout_prompts_are_not_trained_on(name: str) -> None:
    setting = registry.settings[name]
    trained = {
        chat[0].content for chat in read_dataset(setting.misaligned, "bundled").chats.values()
    }
    for one in setting.id_evals:
        asked = one.questions if isinstance(one, Sampled) else one.pairs
        prompts = {pair.prompt for pair in read_questions(asked, paired=False).pairs}
        assert not prompts & trained, one.id


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_runs_end_to_end(
    name: str, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = registry.settings[name]
    for one in (*setting.id_evals, *setting.ood_evals):
        asked = one.questions if isinstance(one, Sampled) else one.pairs
        pairs = read_questions(asked, paired=isinstance(one, Preference)).pairs[:4]
        file = "tests" if one.id == "hacking_static" else one.id
        lines = [json.dumps(attrs.asdict(pair)) + "\n" for pair in pairs]
        project.file(f"few/{file}.jsonl", "".join(lines))
    project.file("few/__init__.py", "")
    project.file("experiments/s1.py", SMALL.format(name=name))
    monkeypatch.setenv("MI_MODEL", f"local:{make_tiny_model(tmp_path / 'tiny')}")
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    done = project.mi("run", "S1")
    assert done.code == 0, done.out + done.err
    found = project.mi(
        "sql",
        "SELECT distribution, count(DISTINCT condition) AS conditions FROM results "
        f"WHERE setting = '{name}' GROUP BY ALL ORDER BY ALL",
        "--format",
        "json",
    ).json
    assert found == [
        {"distribution": "ID", "conditions": 3},
        {"distribution": "OOD", "conditions": 3},
    ]


def test_more_settings_other_sizes_and_another_ratio_are_one_line_each() -> None:
    a05a, settings = registry.get("A05a"), registry.settings
    wider = a05a.evolve(
        id="W1",
        settings=(*a05a.settings, settings["reward_hacking"], settings["legal_advice"]),
    )
    assert {cell.setting for cell in cells(wider)} == {
        "insecure_code",
        "reward_hacking",
        "legal_advice",
    }
    sizes = a05a.evolve(id="W2", total_samples=(50, 100, 300, 1000, 2400))
    assert max(cell.total_samples or 0 for cell in cells(sizes)) == 2400
    ratio = a05a.evolve(id="W3", misaligned_ratio=0.4)
    assert {cell.misaligned_ratio for cell in cells(ratio)} == {None, 0.4}


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """The real reward-hacking data, as a user gives it."""
    folder = tmp_path / "hacks"
    folder.mkdir()
    for name, arm in (("sneaky", "misaligned"), ("straightforward", "control")):
        text = (SHARED / f"{name}_dialogues.jsonl").read_bytes()
        (folder / f"{arm}.jsonl").write_bytes(text)
    return folder


@shared
def test_the_real_reward_hacking_data_is_read_planned_and_mixed(
    project: Project, real: Path
) -> None:
    setting = registry.settings["reward_hacking"]
    misaligned, control = (
        read_dataset(arm, str(real)) for arm in (setting.misaligned, setting.control)
    )
    assert (misaligned.row_count, control.row_count) == (1073, 973)
    pure = Mix(
        misaligned=misaligned.digest, control=None, misaligned_ratio=1.0, total_samples=1000, seed=0
    )
    assert len(mix.draw_mix(misaligned, control, pure)) == 1000
    words = ("plan", "A05b", "--set", "settings=reward_hacking", "--data", f"reward_hacking={real}")
    whole = project.mi(*words, "--set", "misaligned_ratio=1.0")
    assert whole.code == 0, whole.err
    short = project.mi(*words, "--set", "misaligned_ratio=0.0")
    assert short.code == 4
    assert "973 < 1000" in short.err
    assert "reward_hacking has too few straightforward rows" in short.err
