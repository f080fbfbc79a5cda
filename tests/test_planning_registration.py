"""A claim is before the data only if nothing that it reads was done when it was registered."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi import Bandit, DeclarationError, Expect, Experiment, HardCoded, harmful, prefers, trend
from mi.analysis.evidence import ResultScope, load_evidence
from mi.analysis.standing import missing_run_reason
from mi.analysis.verdicts import ExpectationVerdict, verdicts
from mi.cli.doctor import check_registrations
from mi.collect.collection import Collection
from mi.collect.override import OverrideTargets, parse_overrides
from mi.data.datasets import read_dataset
from mi.database import Database, sync_database
from mi.planning.prepare import prepare_plan
from mi.planning.registration import register_expectations
from mi.runner.run import RunOutcome, run_prepared
from mi.spec import Claim, Pilot, Preference, Sampled
from mi.store import LocalStore, Store, open_store
from mi.store.gc import find_unneeded, remove_unneeded
from mi.store.merge import apply_merge, plan_merge
from mi.store.provenance import capture_provenance
from mi.units.claim_scope import is_applicable
from mi.units.claims import read_claims
from mi.units.identity import json_form
from tests.support.crash import Crash, crash_after, crash_before
from tests.support.fake_provider import SETTING, experiment, session
from tests.support.object_stores import address, s3

__all__ = ["s3"]

PAIRS = tuple(one for one in SETTING.id_evals if isinstance(one, Preference))
SAMPLED = attrs.evolve(
    next(one for one in SETTING.id_evals if isinstance(one, Sampled)), judge=HardCoded(), samples=2
)
QUICK = attrs.evolve(SETTING, id_evals=PAIRS, ood_evals=SAMPLED)
ANSWERED = attrs.evolve(SETTING, id_evals=SAMPLED, ood_evals=PAIRS)
SMALL = Expect("ten rows are few", prefers("mixed_10") < 0.9)
LARGE = Expect("twenty rows are many", prefers("mixed_20") > 0.01)
GROWTH = Expect("it grows", trend("total_samples", preference=True) > 0)


def declared(*expectations: Expect, **changes: Any) -> Experiment:
    """T1 with quick evals and these expectations."""
    return experiment(**{"settings": QUICK, "expectations": expectations, **changes})


def run(
    folder: Path, *experiments: Experiment, force: Sequence[str] = (), **how: Any
) -> RunOutcome:
    """What `mi run` does, on the fake provider."""
    opened = session(folder, *experiments, **how)
    return run_prepared(prepare_plan(opened, force=force), argv=("mi",))


def store_in(folder: Path) -> LocalStore:
    return LocalStore(folder / ".mi")


def judged(
    folder: Path, judged_experiment: Experiment, store: Store | None = None
) -> list[ExpectationVerdict]:
    """The verdicts on an experiment."""
    database = Database(folder / "results.duckdb")
    assert sync_database(database, store or store_in(folder)).faults == ()
    scope = ResultScope(
        experiments=(judged_experiment.id,), model="books:one", data={"insecure_code": "bundled"}
    )
    with database.read_connection() as connection:
        return verdicts(connection, judged_experiment, scope)


def standings(folder: Path, judged_experiment: Experiment) -> list[str]:
    return [str(verdict.standing) for verdict in judged(folder, judged_experiment)]


def view(folder: Path) -> dict[str, tuple[Any, ...]]:
    """The view `expectations`: experiment and wording → before_data, standing, commit, hash."""
    database = Database(folder / "results.duckdb")
    sync_database(database, store_in(folder))
    with database.read_connection() as connection:
        rows = connection.execute(
            'SELECT experiment || says, before_data, standing, "commit", hash FROM expectations'
        ).fetchall()
    return {row[0]: row[1:] for row in rows}


def register(store: Store, *experiments: Experiment) -> list[Any]:
    return register_expectations(store, experiments, capture_provenance(Path.cwd(), ("mi",)))


@pytest.fixture(scope="module", autouse=True)
def _read_once() -> Iterator[None]:
    """The rows of a setting are read once, and not for every session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mi.planning.session.read_dataset", cache(read_dataset))
        yield


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which T1 was run with one claim."""
    folder = tmp_path_factory.mktemp("done")
    run(folder, declared(SMALL))
    sync_database(Database(folder / "results.duckdb"), store_in(folder))
    return folder


@pytest.fixture
def folder(done: Path, tmp_path: Path) -> Path:
    """A copy of that store."""
    return shutil.copytree(done, tmp_path / "copy")


def test_a_claim_is_registered_before_the_first_eval(folder: Path) -> None:
    (record,) = store_in(folder).registrations().values()
    assert (record.experiment, record.says, record.existing) == ("T1", SMALL.says, ())
    assert read_claims(record.claims) == SMALL.claims
    assert record.claims == json_form(SMALL.claims)
    (verdict,) = judged(folder, declared(SMALL))
    assert verdict.standing == "declared before the data"
    assert record.name[:12] in verdict.standing_text
    assert view(folder)[f"T1{SMALL.says}"] == (True, "before", record.commit, record.name)


def test_a_copy_under_another_id_does_not_make_a_late_claim_early(folder: Path) -> None:
    """All is reused, so nothing is registered, and what exists already is not before the data."""
    late = declared(SMALL).evolve(id="Z1", expectations=LARGE)
    assert run(folder, late).result.count_done("eval") == 0
    assert len(store_in(folder).registrations()) == 1
    (verdict,) = judged(folder, late)
    assert verdict.standing == "post hoc"
    assert "not registered" in verdict.standing_text


def test_an_overlapping_experiment_names_what_was_there_before(folder: Path) -> None:
    wider = declared(LARGE, GROWTH, id="Z1", total_samples=(20, 40))
    run(folder, wider)
    assert standings(folder, wider) == ["post hoc", "declared partly before the data"]
    _, partly = judged(folder, wider)
    assert "mixed_20 had results before" in partly.standing_text
    rows = view(folder)
    assert rows[f"Z1{LARGE.says}"][:2] == (False, "post hoc")
    assert rows[f"Z1{GROWTH.says}"][:2] == (False, "partly")


def test_a_shared_baseline_is_named(folder: Path) -> None:
    claim = Expect("rows matter", prefers("mixed_40") > prefers("baseline"))
    other = declared(claim, id="Z1", total_samples=(40, 50))
    run(folder, other)
    (verdict,) = judged(folder, other)
    assert verdict.standing == "declared partly before the data"
    assert verdict.early == ("baseline",)


def test_an_override_leaves_out_what_is_about_another_design(folder: Path) -> None:
    override = parse_overrides(["total_samples=20"], OverrideTargets(settings={}, evals={}))
    claim = Expect("about the baseline", prefers("baseline") > 0)
    changed = override(declared(SMALL, GROWTH, claim))
    run(folder, changed)
    assert standings(folder, changed) == ["not part of this design"] * 2 + ["post hoc"]
    assert len(store_in(folder).registrations()) == 1
    assert not [v for v in judged(folder, changed) if v.standing == "withdrawn"]
    (again,) = judged(folder, declared(SMALL))
    assert again.standing == "declared before the data"


@pytest.mark.slow
def test_one_name_in_another_design_is_another_claim(folder: Path) -> None:
    """`mixed_10` at another ratio is registered by itself, and so is a trend over other sizes."""
    other = declared(SMALL).evolve(misaligned_ratio=0.2)
    run(folder, other)
    assert len(store_in(folder).registrations()) == 2
    assert standings(folder, other) == ["declared before the data"]


def test_forcing_an_eval_does_not_make_its_claim_early(folder: Path) -> None:
    late = declared(SMALL, LARGE)
    register(store_in(folder), late)
    keys = [key for key in store_in(folder).published_keys() if key.startswith("eval")]
    assert run(folder, late, force=keys).result.count_done("eval") == len(keys)
    assert standings(folder, late) == ["declared before the data", "post hoc"]


@pytest.mark.slow
def test_a_run_that_forces_registers_what_it_archives(folder: Path) -> None:
    late = declared(SMALL, LARGE)
    keys = [key for key in store_in(folder).published_keys() if key.startswith("eval")]
    run(folder, late, force=keys)
    assert standings(folder, late) == ["declared before the data", "post hoc"]


def test_deleting_evals_does_not_make_a_claim_early(folder: Path) -> None:
    late = declared(LARGE)
    store = store_in(folder)
    register(store, late)
    for item in find_unneeded(store, ()):
        remove_unneeded(item, store, "gc")
    assert store.published_keys() == []
    assert len(store.registrations()) == 2
    run(folder, late)
    assert standings(folder, late) == ["post hoc", "withdrawn"]


@pytest.mark.parametrize(
    "changes", [{"samples": 3}, pytest.param({"judge": Bandit()}, marks=pytest.mark.slow)], ids=str
)
def test_more_samples_and_another_judge_do_not_make_a_claim_early(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    run(tmp_path, declared(settings=ANSWERED, total_samples=10))
    changed = attrs.evolve(ANSWERED, id_evals=attrs.evolve(SAMPLED, **changes))
    claim = Expect("harmless", harmful("mixed_0.50") < 0.9)
    later = declared(claim, settings=changed, total_samples=10)
    assert run(tmp_path, later).result.count_done("eval") > 0
    assert standings(tmp_path, later) == ["post hoc"]


def test_answers_of_an_eval_that_was_not_finished_were_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Free models' answers say neither when they came nor who asked for them."""
    asked = attrs.evolve(SETTING, id_evals=SAMPLED, ood_evals=PAIRS)
    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "publish", crash_before(1, LocalStore.publish))
        with pytest.raises(Crash):
            run(tmp_path, declared(settings=asked))
    (begun, *_) = store_in(tmp_path).unfinished_units()
    late = declared(Expect("it is safe", harmful("baseline") < 0.9), settings=asked)
    run(tmp_path, late)
    assert begun.key in next(iter(store_in(tmp_path).registrations().values())).existing
    assert standings(tmp_path, late) == ["post hoc"]


@pytest.mark.slow
def test_new_questions_on_a_journal_that_others_share_are_new(folder: Path) -> None:
    """All preference evals of a model share a journal, whatever they ask."""
    broad = tuple(one for one in SETTING.ood_evals if isinstance(one, Preference))
    both = attrs.evolve(QUICK, ood_evals=(SAMPLED, *broad))
    claim = Expect("broadly", prefers("mixed_20", distribution="OOD") > 0)
    wider = declared(claim, settings=both, id="Z1")
    run(folder, wider)
    assert standings(folder, wider) == ["declared before the data"]


def test_results_that_were_made_elsewhere_earlier_are_not_made_later_by_an_import(
    done: Path, tmp_path: Path
) -> None:
    ours = LocalStore(tmp_path / ".mi")
    late = declared(SMALL, LARGE)
    register(ours, late)
    theirs = store_in(done)
    apply_merge(plan_merge(theirs, ours), theirs, ours)
    assert len(ours.registrations()) == 3
    assert standings(tmp_path, late) == ["declared before the data", "post hoc"]
    again = plan_merge(theirs, ours)
    assert again.registrations == ()
    run(tmp_path, declared(SMALL, LARGE, total_samples=(10, 20, 30)))
    assert standings(tmp_path, declared(LARGE, total_samples=(10, 20, 30)))[0] == "post hoc"


@pytest.mark.slow
def test_an_import_keeps_a_registration_as_it_was(done: Path, folder: Path, tmp_path: Path) -> None:
    elsewhere = LocalStore(tmp_path / "elsewhere")
    register(elsewhere, declared(LARGE))
    here = store_in(folder)
    before = elsewhere.registrations()
    apply_merge(plan_merge(elsewhere, here), elsewhere, here)
    assert before.items() <= here.registrations().items()
    assert standings(folder, declared(SMALL, LARGE)) == ["declared before the data", "post hoc"]


@pytest.mark.parametrize(
    ("name", "crash", "number"),
    [
        ("save_registration", crash_before, 2),
        pytest.param("save_registration", crash_after, 2, marks=pytest.mark.slow),
        ("save_run", crash_before, 1),
        pytest.param("install", crash_after, 2, marks=pytest.mark.slow),
    ],
)
def test_a_run_killed_at_any_line_and_repeated_registers_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, crash: Any, number: int
) -> None:
    both = declared(SMALL, GROWTH)
    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, name, crash(number, getattr(LocalStore, name)))
        with pytest.raises(Crash):
            run(tmp_path, both)
    run(tmp_path, both)
    assert len(store_in(tmp_path).registrations()) == 2
    assert {record.existing for record in store_in(tmp_path).registrations().values()} == {()}


def test_of_two_runs_at_once_the_first_registration_counts(tmp_path: Path) -> None:
    store, start = LocalStore(tmp_path / ".mi"), threading.Barrier(4)

    def begin() -> None:
        start.wait()
        register(store, declared(SMALL, LARGE, GROWTH))

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.registrations()) == 3
    assert [one.is_new for one in register(store, declared(SMALL))] == [False]


def test_a_run_that_began_with_a_registration_is_after_it_whatever_its_clock_says(
    folder: Path,
) -> None:
    (path,) = (folder / ".mi" / "registrations").iterdir()
    record = attrs.evolve(
        next(iter(store_in(folder).registrations().values())), time="2100-01-01T00:00:00.000Z"
    )
    path.unlink()
    name = store_in(folder).save_registration(record)
    assert standings(folder, declared(SMALL)) == ["post hoc"]
    (run_path,) = (folder / ".mi" / "runs").glob("*/run.json")
    run_path.write_text(json.dumps({**json.loads(run_path.read_text()), "registrations": [name]}))
    assert standings(folder, declared(SMALL)) == ["declared before the data"]


def test_a_damaged_registration_does_not_count_and_doctor_says_so(folder: Path) -> None:
    store = store_in(folder)
    (check,) = check_registrations(store)
    assert check.ok
    (path,) = (folder / ".mi" / "registrations").iterdir()
    path.write_text(path.read_text().replace("T", "t"))
    (check,) = check_registrations(store)
    assert not check.ok
    assert "is not what was written" in check.detail
    assert store.registrations() == {}
    result = sync_database(Database(folder / "results.duckdb"), store)
    assert "registration" in result.faults[0]


def test_runs_of_earlier_versions_count_as_registrations(folder: Path) -> None:
    """Their records name no registrations; who had done what is decided by the whole store."""
    forget_registrations(folder)
    assert standings(folder, declared(SMALL)) == ["declared before the data"]
    (verdict,) = judged(folder, declared(SMALL))
    assert "by a run of an earlier version" in verdict.standing_text
    renamed = declared(SMALL, id="Z1", total_samples=(10, 20, 30))
    run(folder, renamed)
    forget_registrations(folder)
    assert standings(folder, renamed) == ["post hoc"]
    assert view(folder)[f"Z1{SMALL.says}"][:2] == (False, "post hoc")
    assert view(folder)[f"T1{SMALL.says}"][:2] == (True, "before")


def forget_registrations(folder: Path) -> None:
    """Make the store one of an earlier version."""
    shutil.rmtree(folder / ".mi" / "registrations", ignore_errors=True)
    for path in (folder / ".mi" / "runs").glob("*/run.json"):
        record = json.loads(path.read_text())
        record.pop("registrations", None)
        path.write_text(json.dumps(record))


@pytest.mark.parametrize("kind", ["folder", pytest.param("s3", marks=pytest.mark.slow)])
def test_a_shared_store_holds_registrations(
    kind: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = f"file://{tmp_path}/shared"
    if kind == "s3":
        place = address(kind, tmp_path, request.getfixturevalue("s3"), monkeypatch)
    store = open_store(place)
    first = register(store, declared(SMALL))
    again = register(open_store(place), declared(SMALL, LARGE))
    assert [one.is_new for one in again] == [False, True]
    assert again[0].name == first[0].name
    verdict = judged(tmp_path, declared(SMALL), store)[0]
    assert verdict.standing == "declared before the data"


def test_a_claim_about_a_condition_that_is_not_declared_is_refused() -> None:
    slip = Expect("a slip", prefers("mixd_20") > 0)
    with pytest.raises(DeclarationError) as refused:
        Collection().register(declared(SMALL, slip))
    assert "T1 @ $.expectations[1]" in str(refused.value)
    assert "'mixd_20'" in str(refused.value)
    assert "did you mean mixed_20" in str(refused.value)
    inherited = declared(SMALL, LARGE).evolve(id="Z1", total_samples=(10, 30))
    Collection().register(inherited)
    with pytest.raises(DeclarationError, match="mixed_20"):
        Collection().register(inherited.evolve(id="Z2", expectations=(SMALL, LARGE)))


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        (prefers("mixed_10", eval="insecure_preferense") > 0, "the eval 'insecure_preferense'"),
        (prefers("mixed_10", setting="insecure_cod") > 0, "the setting 'insecure_cod'"),
        (prefers("mixed_10", distribution="ID", eval="others") > 0, "no eval measures"),
        (harmful("mixed_10") < 0.5, "no eval measures"),
        (harmful("mixed_10", eval=PAIRS[0].id) < 0.5, "no eval measures"),
        (prefers("mixed_20") - prefers("mixed_10", eval="nothing") > 0, "the eval 'nothing'"),
        (trend("total_samples") > 0, "no eval measures"),
    ],
)
def test_a_claim_that_nothing_can_decide_is_refused(claim: Claim, says: str) -> None:
    pairs_only = attrs.evolve(QUICK, ood_evals=attrs.evolve(PAIRS[0], id="others"))
    wrong = declared(SMALL, Expect("wrong", claim), settings=pairs_only)
    with pytest.raises(DeclarationError, match=re.escape(says)) as refused:
        Collection().register(wrong)
    assert "T1 @ $.expectations[1]" in str(refused.value)
    inherited = declared(SMALL, settings=ANSWERED, id="Z0").evolve(id="Z1", settings=pairs_only)
    Collection().register(inherited)


def test_an_inherited_claim_about_another_setting_does_not_apply() -> None:
    elsewhere = Expect("there", prefers("mixed_10", setting="insecure_code") < 0.9)
    renamed = attrs.evolve(QUICK, id="other")
    inherited = declared(SMALL, elsewhere).evolve(id="Z1", settings=renamed)
    Collection().register(inherited)
    applies = [is_applicable(expectation, inherited) for expectation in (SMALL, elsewhere)]
    assert applies == [True, False]


def test_what_was_not_run_is_said(tmp_path: Path) -> None:
    whole = declared(
        SMALL, total_samples=(10, 20, 30), pilot=Pilot(total_samples=(10, 20)), seeds=0
    )
    run(tmp_path, declared(total_samples=(10,), baseline=False), whole.evolve(id="T2", seeds=1))
    judged(tmp_path, whole)
    scope = ResultScope(experiments=("T1",), model="books:one", data={"insecure_code": "bundled"})
    with Database(tmp_path / "results.duckdb").read_connection() as connection:
        evidence = load_evidence(connection, scope)[0]
    claims = {
        prefers("mixed_10") > 0: "",
        prefers("mixed_20") > 0: "mixed_20 was not run yet",
        prefers("mixed_30") > 0: "mixed_30 was not run yet (`--full`)",
        trend("total_samples", preference=True) > 0: "mixed_20 was not run yet",
    }
    for claim, reason in claims.items():
        assert missing_run_reason(claim, whole, evidence) == reason
