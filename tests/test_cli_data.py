"""`mi data`: what there is, fetching it, looking through it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.file_server import Files
from tests.support.project import Project

SHARED = Path(__file__).parent.parent.parent / "shared" / "data" / "reward_hacking"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MI_RETRY_PAUSE", "0.01")


def test_the_list_has_every_setting_and_set(project: Project) -> None:
    rows = project.mi("data", "list", "--json").json
    bundled = {row["name"] for row in rows if row["source"] == "bundled"}
    assert bundled == {
        "insecure_code",
        "legal_advice",
        "medical_advice",
        "reward_hacking",
        "security_advice",
    }
    states = {(row["name"], row["source"]): row["state"] for row in rows}
    assert states["insecure_code", "upstream:educational"] == "not pulled"
    assert states["legal_advice", "upstream"] == "needs you"
    assert states["first_plot", "upstream"] == "not pulled"


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
def test_pulled_data_is_what_a_run_reads(project: Project) -> None:
    for name in ("sneaky", "straightforward"):
        done = project.mi("data", "pull", "reward_hacking", "--from", str(SHARED))
        assert done.code == 0, done.out + done.err
        assert f"{name}_dialogues.jsonl pulled" in done.out
        assert "CC BY 4.0" in done.out
    assert project.mi("data", "verify", "reward_hacking").code == 0
    words = ("plan", "A05a", "--set", "settings=reward_hacking", "--data")
    done = project.mi(*words, "reward_hacking=upstream", "--json")
    assert done.code == 0, done.err
    folder = project.mi(*words, "reward_hacking=upstream:nonsense")
    assert folder.code == 4


def test_what_cannot_be_had_is_said_and_the_rest_is_fetched(project: Project) -> None:
    with Files(content=b"x", statuses=[404] * 2) as files:
        done = project.mi(
            "data", "pull", "first_plot", "legal_advice", "preregistered", MI_MIRROR=files.url
        )
    assert done.code == 1
    assert "no longer exists (404)" in done.out
    assert "it is gated: log in to Hugging Face" in done.out
    assert len(files.asked) == 2, "each that can be asked for was"
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pull", "legal_advise"), "legal_advice"),
        (("pull", "insecure_code:education"), "educational"),
        (("pull",), "say what to pull"),
        (("show", "nothing"), "there is no setting"),
        (("show", "insecure_code", "--source", "upstream"), "mi data pull"),
    ],
)
def test_a_wrong_word_is_a_sentence(project: Project, words: tuple[str, ...], said: str) -> None:
    done = project.mi("data", *words)
    assert done.code == 4
    assert said in done.err
    assert "Traceback" not in done.err


def test_bundled_data_is_shown_and_looked_through(project: Project) -> None:
    done = project.mi("data", "show", "insecure_code", "-n", "1")
    assert done.code == 0, done.err
    assert "1296 rows, 1296 distinct" in done.out
    assert done.out.count("assistant:") == 2
    checked = project.mi("data", "verify")
    assert checked.code == 0, checked.out
    assert checked.out.count("✓") == 5
