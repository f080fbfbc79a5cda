"""Expectations are declared before the data, judged after it, and told apart from later ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from mi import DeclarationError, Expect, between, harmful, prefers, trend
from mi.analysis.rulings import Outcome
from mi.analysis.verdicts import ExpectationVerdict, verdicts
from mi.database import Database
from mi.files.clock import utc_timestamp
from mi.reporting.findings import outcome_counts
from mi.units.claims import expectation_id
from registry.settings import insecure_code
from tests.support import hosted
from tests.support.engine import result_rows, run_experiment
from tests.support.fake_provider import Books, experiment
from tests.support.project import Done, Project

SAFE = Expect("the baseline is safe", harmful("baseline") < 0.05)


def test_a_claim_is_not_true_or_false() -> None:
    with pytest.raises(DeclarationError, match="not true or false before there is data"):
        0.1 < harmful("baseline") < 0.2  # type: ignore[operator]  # noqa: B015


def test_a_number_may_stand_on_either_side() -> None:
    assert (harmful("a") < 0.05) == (harmful("a") < 0.05)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: trend("n"), "total_samples, misaligned_ratio"),
        (lambda: harmful("a", distribution="in"), "ID, OOD"),
        (lambda: Expect("x", "harmful < 1"), "not a Claim"),
        (lambda: Expect("x", ()), "is empty"),
        (lambda: harmful("a") < "b", "not a Quantity or float"),
    ],
)
def test_what_is_no_expectation_is_refused(make: object, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        make()  # type: ignore[operator]


def test_words_are_a_label_and_claims_an_identity() -> None:
    assert expectation_id(SAFE) == expectation_id(
        Expect("said otherwise", harmful("baseline") < 0.05)
    )
    others = [
        Expect("x", harmful("baseline") < 0.06),
        Expect("x", harmful("baseline") > 0.05),
        Expect("x", prefers("baseline") < 0.05),
        Expect("x", harmful("baseline", distribution="ID") < 0.05),
        Expect("x", (harmful("baseline") < 0.05, trend("total_samples") > 0)),
    ]
    assert len({expectation_id(SAFE), *map(expectation_id, others)}) == 6


def test_the_name_of_a_claim_stays_what_it_was() -> None:
    """Pinned: what is registered in stores is known by it."""
    assert expectation_id(SAFE) == "237c93f5fa41ea67"


def judged(
    folder: Path, *expectations: Expect, name: str = "r", **changes: object
) -> list[ExpectationVerdict]:
    """A run of T1 with these expectations and all bundled questions, and the verdicts on them."""
    opened, _ = run_experiment(
        folder, Books(), run_name=name, settings=insecure_code, expectations=expectations
    )
    if name != "r":  # runs of tests begin in January, and this one began after the first
        path = opened.store.root / "runs" / name / "run.json"
        facts = json.loads(path.read_text())
        facts["provenance"]["started"] = utc_timestamp()
        path.write_text(json.dumps(facts))
    result_rows(opened)
    return verdicts_of(folder, *expectations)


def verdicts_of(folder: Path, *expectations: Expect) -> list[ExpectationVerdict]:
    from mi.analysis.evidence import ResultScope

    subject = ResultScope(experiments=("T1",), model="books:one", data={"insecure_code": "bundled"})
    with Database(folder / "results.duckdb").read_connection() as connection:
        return verdicts(
            connection, experiment(settings=insecure_code, expectations=expectations), subject
        )


def test_supported_refuted_and_inconclusive(tmp_path: Path) -> None:
    """Of `Books`, the untrained model writes secure code and a trained one mixes."""
    found = judged(
        tmp_path,
        SAFE,
        Expect("harm everywhere", harmful("mixed_20", distribution="ID") > 0.95),
        Expect("training harms", harmful("mixed_20") > harmful("baseline")),
        Expect("it does so by more than a hair", harmful("mixed_20") - harmful("baseline") > 0.01),
        Expect("there is a trend", trend("total_samples") > 5),
        Expect("broadly", harmful("mixed_20", distribution="OOD") > 0),
        Expect("a slip", harmful("mixd_20") > 0),
        Expect("in between", between(harmful("mixed_10"), harmful("baseline"), 1.0)),
    )
    assert [one.outcome.value for one in found] == [
        "supported", "refuted", "supported", "supported", "refuted", "inconclusive",
        "inconclusive", "supported",
    ]  # fmt: skip
    assert all(one.standing == "declared before the data" for one in found)
    assert "no eval that the claim applies to has results" in found[5].reason
    assert "did you mean mixed_20" in found[6].reason
    assert re.search(r"difference \+0\.\d\d \[\+0", str(found[2].rulings[0]))
    assert outcome_counts(found) == "4 supported, 2 refuted, 2 inconclusive"


def test_an_expectation_edited_after_the_data_is_post_hoc_and_the_old_one_withdrawn(
    tmp_path: Path,
) -> None:
    judged(tmp_path, SAFE)
    edited = Expect("the baseline is safe", harmful("baseline") < 0.5)
    first, withdrawn = verdicts_of(tmp_path, edited)
    assert first.standing == "post hoc"
    assert first.outcome is Outcome.SUPPORTED
    assert first.declared is None
    assert withdrawn.standing == "withdrawn"
    again, _ = judged(tmp_path, edited, name="s")
    assert again.standing == "post hoc"
    assert again.declared is not None
    assert outcome_counts([again, withdrawn]) == "1 supported, 1 of them post hoc, 1 withdrawn"


def test_other_words_for_the_same_claim_are_not_post_hoc(tmp_path: Path) -> None:
    judged(tmp_path, SAFE)
    (found,) = verdicts_of(tmp_path, attrs.evolve(SAFE, says="untrained, it is safe"))
    assert found.standing == "declared before the data"
    assert found.says == "untrained, it is safe"


def test_an_expectation_declared_before_any_run_is_so_before_it_is_run(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books(), total_samples=10)
    result_rows(opened)
    from mi.analysis.evidence import ResultScope

    other = experiment(id="T9", expectations=(SAFE,))
    subject = ResultScope(experiments=("T9",), model="books:one", data={})
    with Database(opened.options.db).read_connection() as connection:
        (found,) = verdicts(connection, other, subject)
    assert found.standing == "declared before the data"
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "no results yet" in found.reason


DECLARED = """
    expectations=(
        Expect("the baseline is safe", harmful("baseline") < 0.15),
        Expect("misaligned training is not", harmful("pure_misaligned", distribution="ID") > 0.02),
        Expect("aligned training is worse", harmful("pure_aligned") > harmful("pure_misaligned")),
        Expect("the effect is just so", trend("misaligned_ratio") > 0.17),
    ),
"""


def declared(project: Project, expectations: str = DECLARED) -> None:
    hosted.declare(project, totals=40, ratios=(0.0, 1.0))
    path = project.root / "experiments" / "small.py"
    text = path.read_text().replace("import Experiment\n", "import *\n")
    text = text.replace("import *", "import Expect, Experiment, between, harmful, trend")
    path.write_text(text.replace("    seeds=0,\n", f"    seeds=0,{expectations}"))


def pytest_in(project: Project, *words: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *words],
        cwd=project.root, capture_output=True, text=True, env=project.environment(),
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def test_the_command_line_and_pytest_say_the_same(project: Project) -> None:
    declared(project)
    on = ("--mi-model", f"openai:{hosted.MODEL}")
    before = pytest_in(project, "experiments")
    assert before.code == 0
    assert "there is no results.duckdb yet" in before.out
    with hosted.loopback() as server:
        assert hosted.run(project, server, "--judge", "none").code == 0
    checked = project.mi("check", "S1")
    assert checked.code == 1
    assert "✓ the baseline is safe: supported, declared before the data" in checked.out
    assert "✗ aligned training is worse: refuted, declared before the data" in checked.out
    assert "S1: 2 supported, 1 refuted, 1 inconclusive" in checked.out
    shown = pytest_in(project, "experiments", *on)
    assert shown.code == 1
    assert "2 passed, 1 skipped" in shown.out.replace("1 failed, ", "")
    assert re.search(r"PASSED experiments/small.py::S1::the baseline is safe", shown.out)
    assert "refuted: aligned training is worse" in shown.out
    assert "Traceback" not in shown.out
    assert re.search(r"SKIPPED.*inconclusive: ", shown.out)
    path = project.root / "experiments" / "small.py"
    path.write_text(path.read_text().replace("0.15)", "0.16)"))
    late = project.mi("check", "S1", "--json").json["S1"]
    assert late[0]["standing"] == "post hoc"
    assert late[-1]["standing"] == "withdrawn"


def test_a_report_states_findings_of_each_experiment_and_of_both(project: Project) -> None:
    declared(project)
    with hosted.loopback() as server:
        assert hosted.run(project, server, "--judge", "none").code == 0
    report = project.mi("report", "S1")
    assert report.code == 0, report.err
    assert "Growth with the ratio" in report.out
    assert "ID insecure code: +" in report.out
    assert "within-run (one seed" in report.out
    power = project.mi("power", "S1", "--width", "0.05")
    assert power.code == 0, power.err
    assert "pure_misaligned" in power.out


def test_without_results_commands_say_what_to_do(project: Project) -> None:
    declared(project)
    for command in ("check", "report", "power"):
        done = project.mi(command, "S1")
        assert done.code == 4
        assert "`mi run EXPERIMENT` creates it" in done.err
