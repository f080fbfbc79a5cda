"""Answers are labelled blind, and a judge's rates stand beside those corrected by the labels."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from benchmarks.synthetic_store import StoreSize, write_store
from mi.analysis.agreement import krippendorff_alpha
from mi.analysis.calibrations import experiment_rates, rater_agreement
from mi.analysis.calibrations.agreement import cohen_kappa, nominal_alpha
from mi.cli import main
from mi.database import Database, sync_database
from mi.store.local import LocalStore
from tests.support.project import Done, Project

MODEL = "openai:made-up"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with twelve conditions, judged by one judge and some of them by another."""
    root = tmp_path_factory.mktemp("judged")
    (root / "pyproject.toml").write_text("")
    write_store(root / ".mi", StoreSize(seeds=1, samples=2, letters=24, groups=10))
    assert not sync_database(Database(root / "results.duckdb"), LocalStore(root / ".mi")).faults
    return root


@pytest.fixture
def project(finished: Path, tmp_path: Path) -> Project:
    shutil.copytree(finished, tmp_path / "p")
    return Project(tmp_path / "p")


def query(project: Project, sql: str, *parameters: Any) -> list[dict[str, Any]]:
    with duckdb.connect(str(project.root / "results.duckdb"), read_only=True) as connection:
        result = connection.execute(sql, list(parameters))
        columns = [column[0] for column in result.description]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def verdicts(project: Project, metric: str = "insecure") -> dict[str, bool]:
    """The first judge's verdict on each answer, by name."""
    rows = query(
        project,
        "SELECT a.journal || '/' || a.question || '/' || a.sample AS name, s.metrics[?] = 1 AS bad "
        "FROM score s JOIN answer a USING (answer) WHERE s.metrics[?] IS NOT NULL "
        "AND s.unit NOT LIKE '%other%'",
        metric,
        metric,
    )
    return {row["name"]: row["bad"] for row in rows}


def drawn(project: Project, *words: str) -> dict[str, Any]:
    """The sample that `mi label` draws."""
    done = project.mi("label", "R1", "--labels", "l.jsonl", *words, "--page", "l.html")
    assert done.code == 0, done.err
    sample: dict[str, Any] = json.loads((project.root / "l.design.json").read_text())
    return sample


def write_labels(project: Project, labels: dict[str, Any]) -> None:
    lines = [json.dumps({"answer": name, "label": value}) for name, value in labels.items()]
    (project.root / "l.jsonl").write_text("".join(f"{line}\n" for line in lines))


def truth(project: Project, names: list[str], *, missed: int = 10, invented: int = 8) -> Any:
    """Labels by which the judge misses one in `missed` positive answers and invents some."""
    bad = verdicts(project)
    rng = np.random.default_rng(5)
    return {
        name: bool(rng.integers(invented) > 0 if bad[name] else rng.integers(missed * 4) == 0)
        for name in sorted(names)
    }


def calibrate(project: Project, word: str = "openai:judge", *more: str) -> Done:
    return project.mi("calibrate", word, "--labels", "l.jsonl", *more)


def test_a_sample_is_stratified_by_judge_score_and_weighted(project: Project) -> None:
    sample = drawn(project, "--eval", "free_form", "--n", "80")
    strata = Counter(one["stratum"] for one in sample["answers"])
    assert strata == {0: 40, 1: 20, 2: 20}
    assert sample["design"]["rating"] == "aligned"
    weights = sum(one["weight"] for one in sample["answers"])
    assert weights == pytest.approx(len(verdicts(project, "misaligned")), abs=0.01)
    bad = verdicts(project, "misaligned")
    assert all(bad[one["answer"]] == (one["stratum"] == 0) for one in sample["answers"])
    head = [one["stratum"] for one in sample["answers"][:20]]
    assert set(head) == {0, 1, 2}, "the order is random"


def test_a_page_shows_answers_and_neither_condition_nor_verdict(project: Project) -> None:
    sample = drawn(project, "--eval", "judged", "--n", "30", "--question", "Is <it> bad?")
    page = (project.root / "l.html").read_text()
    assert "Is &lt;it&gt; bad?" in page
    assert "default-src &#39;none&#39;" in page
    encoded = re.search(r'id="data">([^<]+)<', page)
    assert encoded is not None
    content = json.loads(gzip.decompress(base64.b64decode(encoded[1])))
    assert [item["answer"] for item in content["items"]] == [
        one["answer"] for one in sample["answers"]
    ]
    assert {tuple(sorted(item)) for item in content["items"]} == {
        ("answer", "prompt", "system", "text")
    }
    assert "mixed_" not in page


@pytest.fixture
def label(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Labels in a terminal with some replies, and returns what was shown."""
    monkeypatch.chdir(project.root)

    def run(replies: str, *words: str) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(replies))
        assert main(["label", "R1", "--labels", "l.jsonl", *words]) == 0
        return capsys.readouterr().out

    return run


def stored(project: Project) -> list[dict[str, Any]]:
    lines = (project.root / "l.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_labelling_goes_on_where_it_stopped_and_can_be_corrected(
    project: Project, label: Callable[..., str]
) -> None:
    words = ("--eval", "judged", "--n", "5")
    shown = label("y\nwhat\nn\nq\n", *words)
    assert "2 of 5 answers are labelled" in shown
    assert "mixed_" not in shown
    assert "train-" not in shown
    assert [line["label"] for line in stored(project)] == ["yes", "no"]
    shown = label("u\nb\ny\n", *words)
    assert "3 of 5" in shown
    assert [line["label"] for line in stored(project)] == ["yes", "no", "unsure", "yes"]
    assert stored(project)[3]["correction"] is True
    assert "5 of 5" in label("n\nn\n")
    names = [one["answer"] for one in drawn(project)["answers"]]
    assert list(dict.fromkeys(line["answer"] for line in stored(project))) == names
    other = project.mi("label", "R1", "--labels", "l.jsonl", "--eval", "free_form")
    assert other.code == 4
    assert "labels answers of R1 to judged" in other.err


def test_an_eval_is_named_where_there_are_several(project: Project) -> None:
    done = project.mi("label", "R1")
    assert done.code == 4
    assert "--eval: judged, free_form" in done.err
    assert "no scored answer" in project.mi("label", "R9", "--eval", "judged").err


def test_corrected_rates_stand_beside_the_judges_own(project: Project) -> None:
    before = query(project, "FROM conditions")
    sample = drawn(project, "--eval", "judged", "--n", "300")
    write_labels(project, truth(project, [one["answer"] for one in sample["answers"]]))
    done = calibrate(project)
    assert done.code == 0, done.err
    assert "sensitivity" in done.out
    assert "Cohen's kappa" in done.out
    assert "equal errors in all conditions assumed" in done.out
    assert query(project, "FROM conditions") == before
    rows = query(project, "FROM corrected WHERE experiment = 'R1'")
    assert len(rows) == 12
    assert {row["eval"] for row in rows} == {"judged"}
    for row in rows:
        assert row["method"] == "equal errors assumed"
        assert row["ci_low"] <= row["mean"] <= row["ci_high"]
        assert row["labels"] == 300
        [own] = [
            one
            for one in before
            if (one["experiment"], one["condition"], one["metric"])
            == ("R1", row["condition"], "insecure")
        ]
        assert (row["naive_mean"], row["naive_low"]) == (own["mean"], own["ci_low"])
    with Database(project.root / "results.duckdb").read_connection() as connection:
        rates = experiment_rates(connection, ["R1"], MODEL)
    assert [rate.corrected.mean for rate in rates] == [row["mean"] for row in rows]


def test_the_same_labels_are_stored_once_and_survive_a_rebuild(project: Project) -> None:
    sample = drawn(project, "--eval", "judged", "--n", "120")
    write_labels(project, truth(project, [one["answer"] for one in sample["answers"]]))
    first, second = (calibrate(project, "judged", "--json").json for _ in range(2))
    assert (first["new"], second["new"]) == (True, False)
    assert first["calibration"] == second["calibration"]
    assert first["corrected"] == second["corrected"]
    rows = query(project, "FROM corrected")
    assert project.mi("rebuild").code == 0
    assert query(project, "FROM corrected") == rows


def test_a_condition_with_labels_of_its_own_assumes_nothing(project: Project) -> None:
    sample = drawn(project, "--eval", "judged", "--n", "70", "--by-condition")
    names = [one["answer"] for one in sample["answers"]]
    write_labels(project, truth(project, names))
    assert calibrate(project).code == 0
    methods = query(project, "SELECT method, count(*) AS n FROM corrected GROUP BY 1")
    assert {row["method"] for row in methods} == {"own labels"}


def test_the_newest_calibration_counts(project: Project) -> None:
    sample = drawn(project, "--eval", "judged", "--n", "160")
    labels = truth(project, [one["answer"] for one in sample["answers"]])
    write_labels(project, dict(list(labels.items())[:120]))
    assert calibrate(project).code == 0
    write_labels(project, labels)
    newest = calibrate(project, "judged", "--json").json["calibration"]
    rows = query(project, "SELECT DISTINCT calibration, latest FROM corrected")
    assert len(rows) == 2
    assert [row["calibration"] for row in rows if row["latest"]] == [newest]


def test_rates_are_withheld_where_labels_say_too_little(project: Project) -> None:
    bad = verdicts(project)
    names = [name for name in sorted(bad) if bad[name]][:20]
    names += [name for name in sorted(bad) if not bad[name]][:20]
    write_labels(project, {name: index % 2 == 0 for index, name in enumerate(names)})
    done = calibrate(project)
    assert done.code == 0
    assert "Youden's J is not separated from 0" in done.out
    assert "nobody says how these answers were drawn" in done.out
    write_labels(project, dict.fromkeys(names, False))
    assert "too few positive labels: 0 of the 5" in calibrate(project).out
    rows = query(project, "SELECT DISTINCT mean, ci_low, method FROM corrected")
    assert rows == [{"mean": None, "ci_low": None, "method": "withheld"}]


def test_what_cannot_calibrate_is_a_sentence(project: Project) -> None:
    bad = list(verdicts(project))
    write_labels(project, {bad[0]: True, "answers-none/00/0": False, "answers-none/00/1": True})
    done = calibrate(project)
    assert done.code == 4
    assert "labels an answer that is not stored here" in done.err
    assert "line 2: labels an answer" in done.err
    write_labels(project, {bad[0]: True})
    assert "judges: openai:judge, openai:other-judge" in calibrate(project, "openai:none").err
    assert "has judged none of the labelled answers" in calibrate(project, "other-judge").err
    write_labels(project, {bad[0]: "unsure"})
    assert "every label is `unsure`" in calibrate(project).err
    assert not (project.root / ".mi" / "calibrations").exists()


def test_an_answer_that_was_not_drawn_is_no_part_of_a_sample(project: Project) -> None:
    names = [one["answer"] for one in drawn(project, "--eval", "judged", "--n", "20")["answers"]]
    other = next(name for name in sorted(verdicts(project)) if name not in names)
    write_labels(project, {names[0]: True, other: False})
    done = calibrate(project)
    assert done.code == 4
    assert f"l.jsonl:2: labels an answer that was not drawn: {other}" in done.err
    (project.root / "l.design.json").unlink()
    assert "nobody says how these answers were drawn" in calibrate(project).out


def test_a_judge_with_several_rubrics_is_told_apart_by_the_labelled_answers(
    project: Project,
) -> None:
    write_labels(project, {next(iter(verdicts(project))): True})
    assert calibrate(project, "openai:judge").code == 0
    assert {row["metric"] for row in query(project, "FROM calibration")} == {"insecure"}


def test_a_bridge_shows_old_and_new_side_by_side(project: Project) -> None:
    done = project.mi("bridge", "free_form", "free_form-by-other-judge", "--json")
    assert done.code == 0, done.err
    found = done.json
    counts = np.array(found["counts"])
    both = query(
        project,
        "SELECT count(*) AS n FROM score a JOIN score b USING (answer) WHERE "
        "a.unit NOT LIKE '%other%' AND b.unit LIKE '%other%' AND a.metrics['misaligned'] IS NOT "
        "NULL AND b.metrics['misaligned'] IS NOT NULL",
    )
    assert counts.sum() == both[0]["n"]
    judged = [one for one in found["conditions"] if one["new"] is not None]
    assert {one["condition"] for one in judged} == {"baseline", "mixed_250", "mixed_400"}
    assert len(found["conditions"]) > len(judged)
    for one in found["conditions"]:
        assert one["carried"]["method"] in ("equal errors assumed", "withheld")
    text = project.mi("bridge", "free_form", "free_form-by-other-judge").out
    assert "answers judged by both" in text


def test_judges_without_a_common_answer_are_not_bridged(project: Project) -> None:
    done = project.mi("bridge", "judged", "free_form")
    assert done.code == 4
    assert "no metric in common" in done.err
    assert "no stored verdict is of nobody" in project.mi("bridge", "nobody", "judged").err


def tables() -> Iterator[np.ndarray[Any, Any]]:
    yield np.array([15.0, 5, 10, 20])
    yield np.array([30.0, 1, 0, 4])


def test_kappa_and_alpha_are_those_of_the_textbook_and_the_library() -> None:
    assert cohen_kappa(np.array([20.0, 5, 10, 15])) == pytest.approx(0.4)
    for table in tables():
        raters: list[list[float]] = [[], []]
        for cell, number in enumerate(table):
            raters[0] += [float(cell >= 2)] * int(number)
            raters[1] += [float(cell % 2)] * int(number)
        assert nominal_alpha(table) == pytest.approx(krippendorff_alpha(raters, "nominal"))


def test_weights_count_as_answers_and_the_interval_as_groups() -> None:
    first = np.array([True, True, False, False] * 10)
    second = np.array([True, False, False, False] * 10)
    groups = np.array([f"g{index // 4}" for index in range(40)])
    plain = rater_agreement(first, second, groups, np.ones(40))
    assert plain.observed == 0.75
    assert plain.kappa.low == pytest.approx(plain.kappa.high), "all groups are alike"
    weighted = rater_agreement(first, second, groups, np.where(first & ~second, 3.0, 1.0))
    assert weighted.observed == 0.5
