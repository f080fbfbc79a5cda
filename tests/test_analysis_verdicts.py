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
    folder: Path, *expectations: Expect, name: str = "r", seeds: int | tuple[int, ...] = 0
) -> list[ExpectationVerdict]:
    """A run of T1 with these expectations and all bundled questions, and the verdicts on them."""
    opened, _ = run_experiment(
        folder,
        Books(),
        run_name=name,
        settings=insecure_code,
        expectations=expectations,
        seeds=seeds,
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
        Expect("the baseline is safe", harmful("baseline") < 0.2),
        Expect("harm everywhere", harmful("mixed_20", distribution="ID") > 0.95),
        Expect("training harms", harmful("mixed_20") > harmful("baseline")),
        Expect("it does so by more than a hair", harmful("mixed_20") - harmful("baseline") > 0.01),
        Expect("there is a trend", trend("total_samples") > 5),
        Expect("broadly", harmful("mixed_20", distribution="OOD") > 0),
        Expect("in between", between(harmful("mixed_10"), harmful("baseline"), 1.0)),
        seeds=(0, 1),
    )
    assert [verdict.outcome.value for verdict in found] == [
        "supported", "refuted", "supported", "supported", "refuted", "inconclusive",
        "supported",
    ]  # fmt: skip
    assert all(verdict.standing == "declared before the data" for verdict in found)
    assert "no eval that the claim applies to has results" in found[5].reason
    assert re.search(r"difference \+0\.\d\d \[\+0", str(found[2].rulings[0]))
    assert outcome_counts(found) == "4 supported, 2 refuted, 1 inconclusive"
    estimates = [ruling.estimate for verdict in found for ruling in verdict.rulings]
    levels = {estimate.level for estimate in estimates if estimate is not None}
    assert levels == {1 - 0.05 / 8}, "eight rulings, `in between` has two: all are corrected alike"
    assert "(99.38 %)" in str(found[0].rulings[0])


def test_a_claim_about_a_condition_of_one_seed_is_open(tmp_path: Path) -> None:
    """Whatever these models do. Of the untrained model there is only one."""
    mixed, baseline = harmful("mixed_20"), harmful("baseline")
    safe = baseline < 0.2
    found = judged(
        tmp_path,
        Expect("the baseline is safe", safe),
        Expect("training harms", mixed > baseline),
        Expect("it does not", mixed < baseline),
        Expect("it does so by more than a hair", mixed - baseline > 0.01),
        Expect("there is a trend", trend("total_samples") > 5),
        Expect("both", (safe, mixed > 0.01)),
        Expect("the baseline is not safe, and training harms", (baseline > 0.5, mixed > baseline)),
    )
    assert [verdict.outcome.value for verdict in found] == [
        "supported", "open", "open", "open", "open", "open", "refuted",
    ]  # fmt: skip
    (ruling,) = found[1].rulings
    assert "too few seeds: mixed_20; a claim about conditions takes two" in found[1].reason
    assert ruling.estimate is not None
    assert ruling.estimate.low > 0, "the numbers are shown all the same"
    assert "too few seeds: mixed_10, mixed_20" in found[4].reason
    assert outcome_counts(found) == "1 supported, 1 refuted, 5 open"


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


def test_an_expectation_without_a_run_is_not_registered(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books(), total_samples=10)
    result_rows(opened)
    from mi.analysis.evidence import ResultScope

    other = experiment(id="T9", expectations=(SAFE,))
    subject = ResultScope(experiments=("T9",), model="books:one", data={})
    with Database(opened.options.db).read_connection() as connection:
        (found,) = verdicts(connection, other, subject)
    assert found.standing == "not registered yet"
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "no results yet" in found.reason


DECLARED = """
    expectations=(
        Expect("the baseline is safe", harmful("baseline") < 0.95),
        Expect("misaligned training is not", harmful("pure_misaligned", distribution="ID") > 0.02),
        Expect("it is harmful", harmful("baseline") > 0.9),
        Expect("the effect is just so", trend("misaligned_ratio") > 0.1),
    ),
"""


def declared(project: Project, expectations: str = DECLARED) -> None:
    """Declare S1 with these expectations and one seed."""
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


@pytest.mark.slow
def test_the_command_line_and_pytest_say_the_same(project: Project) -> None:
    declared(project)
    on = ("--mi-model", f"openai:{hosted.MODEL}")
    before = pytest_in(project, "experiments")
    assert before.code == 0
    assert "there is no results.duckdb yet" in before.out
    registered = project.mi("register", "S1")
    assert registered.code == 0, registered.err
    assert "4 expectations of 4 registered now" in registered.out
    again = project.mi("register", "S1", "--json").json
    assert [one["new"] for one in again] == [False] * 4
    assert all(f"sha256 {one['hash']}" in registered.out for one in again)
    with hosted.loopback() as server:
        assert hosted.run(project, server, "--judge", "none").code == 0
    checked = project.mi("check", "S1")
    assert checked.code == 1
    assert "✓ the baseline is safe: supported, declared before the data" in checked.out
    assert "✗ it is harmful: refuted, declared before the data" in checked.out
    assert checked.out.count(f", {again[0]['hash'][:12]})") == 1
    assert "· misaligned training is not: open, declared before the data" in checked.out
    assert "too few seeds: pure_aligned, pure_misaligned" in checked.out
    assert "S1: 1 supported, 1 refuted, 2 open" in checked.out
    shown = pytest_in(project, "experiments", *on)
    assert shown.code == 1
    assert "1 failed, 1 passed, 2 skipped" in shown.out
    assert re.search(r"PASSED experiments/small.py::S1::the baseline is safe", shown.out)
    assert "refuted: it is harmful" in shown.out
    assert "Traceback" not in shown.out
    assert re.search(r"SKIPPED.*open: .*too few seeds", shown.out)
    path = project.root / "experiments" / "small.py"
    path.write_text(path.read_text().replace("0.95)", "0.96)"))
    late = project.mi("check", "S1", "--json").json["S1"]
    assert late[0]["standing"] == "post hoc"
    assert late[-1]["standing"] == "withdrawn"
    copy = 'Z1 = S1.evolve(id="Z1", expectations=Expect("late", harmful("baseline") < 0.9))'
    path.write_text(f"{path.read_text()}{copy}\nZ2 = S1.evolve(id='Z2', total_samples=(20, 40))\n")
    with hosted.loopback() as server:
        reused = hosted.mi(project, server, "run", "Z1", *hosted.HOSTED, "--judge", "none")
    assert ", 0 to do" in reused.out
    assert "late: supported, post hoc (not registered" in project.mi("check", "Z1").out
    left_out = project.mi("register", "Z2").out
    assert "– Z2: misaligned training is not: not part of this design" in left_out


def test_a_report_states_findings_of_each_experiment_and_of_both(project: Project) -> None:
    without_refuted = re.sub(r".*it is harmful.*\n", "", DECLARED)
    declared(project, without_refuted)
    with hosted.loopback() as server:
        assert hosted.run(project, server, "--judge", "none").code == 0
    checked = project.mi("check", "S1")
    assert checked.code == 0, checked.err
    assert "S1: 1 supported, 2 open" in checked.out
    report = project.mi("report", "S1")
    assert report.code == 0, report.err
    assert "Growth with the ratio" in report.out
    assert ": of these models (one seed each): " in report.out
    assert "within-run (one seed" in report.out
    others = project.mi("check", "S1", "--multiverse")
    assert others.code == 0, others.err
    assert "declared specification: supported; of" in others.out
    assert "they are no independent tests" in others.out
    assert (project.root / "figures" / "S1-multiverse-1.png").exists()
    power = project.mi("power", "S1", "--width", "0.05")
    assert power.code == 0, power.err
    assert "pure_misaligned" in power.out


def test_without_results_commands_say_what_to_do(project: Project) -> None:
    declared(project)
    for command in ("check", "report", "power"):
        done = project.mi(command, "S1")
        assert done.code == 4
        assert "`mi run EXPERIMENT` creates it" in done.err
