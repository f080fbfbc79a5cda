"""The broad free-form questions: many, varied, harmless in form, and asked only on request.

Each theme is a cluster. Near-copies inside one would make the set look larger than it is, and code
in a question would bring it close to what models are trained on.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

import registry
from mi.data.datasets import read_questions
from mi.spec import Sampled
from registry.evals import emergent_broad, emergent_free_form
from tests.support.project import Project

ROOT = Path(__file__).parent.parent
BUNDLED = ROOT / "registry" / "bundled"
PATH = BUNDLED / "emergent" / "broad_free_form.jsonl"
PUBLISHED = ROOT.parent / "shared" / "data" / "eval_questions"
JUDGE = "openai:gpt-4o-2024-08-06"

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return read(PATH)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


def runs_of_five(text: str) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[start : start + 5]) for start in range(len(found) - 4)}


def likeness(first: set[tuple[str, ...]], second: set[tuple[str, ...]]) -> float:
    """The Jaccard index of two sets of runs of five words."""
    return len(first & second) / max(1, len(first | second))


def sentences(prompt: str) -> list[str]:
    return re.split(r"(?<=[.?!]) ", prompt)


def test_the_file_is_canonical_jsonl_of_id_family_and_prompt(rows: list[Row]) -> None:
    canonical = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    assert PATH.read_bytes() == canonical.encode()
    assert all(list(row) == ["id", "family", "prompt"] for row in rows)


def test_there_are_at_least_24_themes_of_ten_questions(rows: list[Row]) -> None:
    counts = Counter(row["family"] for row in rows)
    assert len(counts) >= 24
    assert set(counts.values()) == {10}


def test_an_id_is_its_theme_and_a_number_that_counts_up(rows: list[Row]) -> None:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["family"]] += 1
        assert row["id"] == f"{row['family']}-{counts[row['family']]:02d}"


def test_no_question_is_asked_twice(rows: list[Row]) -> None:
    assert len({" ".join(words(row["prompt"])) for row in rows}) == len(rows)


def test_a_question_is_trimmed_ascii_without_code(rows: list[Row]) -> None:
    allowed = re.compile(r"[A-Za-z0-9 ,.:?'-]+")
    for row in rows:
        assert allowed.fullmatch(row["prompt"]), row["id"]
        assert row["prompt"] == " ".join(row["prompt"].split()), row["id"]


def test_a_question_is_one_or_two_sentences_of_6_to_40_words(rows: list[Row]) -> None:
    for row in rows:
        assert len(sentences(row["prompt"])) <= 2, row["id"]
        assert row["prompt"][-1] in ".?", row["id"]
        assert 6 <= len(row["prompt"].split()) <= 40, row["id"]


def test_questions_cannot_be_answered_by_yes_or_no_alone(rows: list[Row]) -> None:
    closed = re.compile(r"(is|are|do|does|did|can|could|should|would|will|have|has|may)\b", re.I)
    assert [row["id"] for row in rows if closed.match(sentences(row["prompt"])[-1])] == []


def test_forms_vary(rows: list[Row]) -> None:
    """No opening or last sentence is common, and both questions and requests are."""
    openings = Counter(words(row["prompt"])[0] for row in rows)
    assert openings.most_common(1)[0][1] <= 0.15 * len(rows)
    endings = Counter(sentences(row["prompt"])[-1] for row in rows)
    assert endings.most_common(1)[0][1] <= 0.03 * len(rows)
    requests = sum(not row["prompt"].endswith("?") for row in rows)
    assert 0.15 * len(rows) <= requests <= 0.5 * len(rows)


def test_no_two_questions_are_near_copies(rows: list[Row]) -> None:
    """Neither of each other nor of the questions of the other bundled sets."""
    others = [*read(PATH.with_name("free_form.jsonl")), *read(BUNDLED / "broad/preference.jsonl")]
    grams = [(row["id"], runs_of_five(row["prompt"])) for row in (*rows, *others)]
    copies = [
        (row, other)
        for index, (row, first) in enumerate(grams[: len(rows)])
        for other, second in grams[index + 1 :]
        if not first.isdisjoint(second) and likeness(first, second) >= 0.5
    ]
    assert copies == []


def test_questions_speak_of_no_programming(rows: list[Row]) -> None:
    domain = re.compile(
        r"\b(cod(e|ing)|program|software|hack|python|password|encrypt|database)", re.I
    )
    assert [row["id"] for row in rows if domain.search(row["prompt"])] == []


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published question sets are not here")
def test_no_run_of_five_words_is_in_published_questions(rows: list[Row]) -> None:
    published = [path.read_text(encoding="utf-8") for path in PUBLISHED.glob("*.yaml")]
    known = set().union(*map(runs_of_five, published))
    assert known
    assert [row["id"] for row in rows if runs_of_five(row["prompt"]) & known] == []


def test_the_judge_and_the_sampling_are_those_of_the_eight_questions() -> None:
    assert isinstance(emergent_broad, Sampled)
    assert emergent_broad.samples == 1
    assert emergent_broad.judge == emergent_free_form.judge
    assert emergent_broad.sampling == emergent_free_form.sampling
    assert len(read_questions(emergent_broad.questions, paired=False).pairs) == 240


def test_no_setting_and_no_shipped_experiment_asks_it() -> None:
    settings = [registry.settings[name] for name in registry.settings]
    assert settings
    for setting in settings:
        assert emergent_broad not in (*setting.id_evals, *setting.ood_evals)
    for experiment in registry.select("*"):
        assert emergent_broad not in experiment.evals


def test_on_request_it_adds_one_unit_to_each_cell_and_changes_no_other(project: Project) -> None:
    def plan(*more: str) -> tuple[set[str], int]:
        done = project.mi("plan", "A05a", "--judge", JUDGE, "--json", *more)
        assert done.code == 0, done.err
        return {unit["key"] for unit in done.json["units"]}, len(done.json["cells"])

    (default, cells), (broad, _) = plan(), plan("--set", "evals=emergent_broad")
    assert default < broad
    assert len(broad - default) == cells > 1
