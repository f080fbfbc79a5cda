"""A store that machines share keeps the laws of a folder, whatever the place does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from mi.database import Database, sync_database
from mi.errors import LeaseLost, ProviderError, StoreError
from mi.files import journal
from mi.planning.filters import filter_kinds
from mi.planning.force import archive_redo, mark_redo, plan_redo
from mi.planning.manifest import run_manifest
from mi.planning.session import Session
from mi.providers import create, launch
from mi.providers.types import Monitor, TrainingResult, TrainJob
from mi.runner.types import RunResult
from mi.spec import Experiment
from mi.store import open_store
from mi.store.checksums import write_checksums
from mi.store.model_identity import read_identity
from mi.store.shared import process
from mi.store.shared.backend import Backend
from mi.store.shared.claims import ClaimFiles
from mi.store.shared.object_backend import ObjectBackend
from mi.store.shared.store import SharedStore
from mi.units.unit import Base, Evaluate, Unit
from tests.support.crash import Crash, crash_after, crash_before
from tests.support.fake_provider import (
    FACTS,
    SETTING,
    Books,
    carry_out,
    distinct_models,
    experiment,
    session,
)
from tests.support.object_stores import Bucket, address, s3
from tests.support.slow import mostly_slow

__all__ = ["s3"]

KINDS = ("file", "s3")


def small(**changes: Any) -> Experiment:
    """An experiment of one training and two evals."""
    evals = {one.id: one for one in (*SETTING.id_evals, *SETTING.ood_evals)}
    setting = attrs.evolve(
        SETTING, id_evals=evals["insecure_static"], ood_evals=evals["broad_preference"]
    )
    return experiment(**{"settings": setting, "total_samples": 10, **changes})


class Machines:
    """Machines that share a place and nothing else."""

    def __init__(self, folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.url, self._patch = folder, url, monkeypatch

    def session(self, name: str, books: Books | None = None, **changes: Any) -> Session:
        """A session on a machine."""
        self._patch.setenv("MI_CACHE", str(self.folder / name / "cache"))
        made = small(**changes)
        return session(self.folder / name, made, books=books, store=self.url, lease_timeout=30.0)

    def run(
        self, name: str, books: Books | None = None, **changes: Any
    ) -> tuple[Session, RunResult]:
        """Run an experiment on a machine."""
        opened = self.session(name, books, **changes)
        made = opened.plan()
        facts = {"model": opened.model.id, "experiments": ["T1"], "provenance": FACTS}
        chosen = opened.store.save_selection(*run_manifest(opened, made))
        opened.store.save_run(f"run-{name}", {**facts, "selection": chosen})
        return opened, carry_out(opened, made, run=f"run-{name}")

    def store(self, name: str) -> SharedStore:
        """The store as a machine sees it."""
        self._patch.setenv("MI_CACHE", str(self.folder / name / "cache"))
        found = open_store(self.url, 30.0)
        assert isinstance(found, SharedStore)
        return found


@pytest.fixture(params=mostly_slow(KINDS, every=2))
def machines(
    request: pytest.FixtureRequest, tmp_path: Path, s3: Bucket, monkeypatch: pytest.MonkeyPatch
) -> Machines:
    return Machines(tmp_path, address(request.param, tmp_path, s3, monkeypatch), monkeypatch)


def results(opened: Session) -> list[Any]:
    database = Database(opened.options.db)
    assert sync_database(database, opened.store).faults == ()
    with database.read_connection() as connection:
        return [
            connection.execute(f"SELECT * FROM {view} ORDER BY ALL").fetchall()
            for view in ("results", "answers")
        ]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The results of a run on a folder."""
    folder = tmp_path_factory.mktemp("straight")
    opened = session(folder, small())
    made = opened.plan()
    facts = {"model": opened.model.id, "experiments": ["T1"], "provenance": FACTS}
    opened.store.save_run(
        "r", {**facts, "selection": opened.store.save_selection(*run_manifest(opened, made))}
    )
    carry_out(opened, made)
    return results(opened)


def test_a_run_gives_what_it_gives_on_a_folder_and_other_machines_see_it(
    machines: Machines, straight: list[Any]
) -> None:
    books = Books()
    opened, tally = machines.run("one", books)
    assert len(tally.done_units) == 6
    assert results(opened) == straight
    again_, tally = machines.run("two", books)
    assert tally == RunResult()
    assert results(again_) == straight
    assert set(books.trained.values()) == {1}


def test_one_machine_goes_on_with_what_another_has_trained(machines: Machines) -> None:
    books = Books()
    machines.run("one", books)
    opened, tally = machines.run("two", books, total_samples=(10, 20))
    assert (tally.count_done("mix"), tally.count_done("train"), tally.count_done("eval")) == (
        1,
        1,
        2,
    )
    trained = [key for key in opened.store.published_keys() if key.startswith("train-")]
    assert all((opened.store.unit_dir(key) / "model.json").exists() for key in trained)
    assert set(books.trained.values()) == {1}
    assert set(books.sampled.values()) == {1}


@pytest.mark.parametrize(
    ("owner", "name", "when", "number"),
    [
        (SharedStore, "publish", crash_before, 2),
        (SharedStore, "append", crash_after, 2),
        (Books, "train", crash_after, 1),
        (SharedStore, "install", crash_after, 3),
    ],
    ids=["before publishing", "in a journal", "trained", "published"],
)
def test_another_machine_goes_on_where_one_went_away(
    machines: Machines,
    monkeypatch: pytest.MonkeyPatch,
    straight: list[Any],
    owner: Any,
    name: str,
    when: Callable[..., Any],
    number: int,
) -> None:
    books = Books()
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, when(number, getattr(owner, name)))
        with suppress(Crash):
            machines.run("one", books)
    opened, _ = machines.run("two", books)
    assert results(opened) == straight
    assert sum(books.trained.values()) <= len(books.trained) + 1
    assert len([at for at, times in books.sampled.items() if times > 1]) <= 50


def test_two_machines_at_once_share_the_work(machines: Machines, straight: list[Any]) -> None:
    books, tallies = Books(), []
    sessions = [machines.session(name, books) for name in ("one", "two")]
    made = [opened.plan() for opened in sessions]

    def run(at: int) -> None:
        tallies.append(carry_out(sessions[at], made[at], run=f"run-{at}"))

    threads = [threading.Thread(target=run, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(len(tally.done_units) for tally in tallies) == 6
    assert sum(len(tally.reused_units) for tally in tallies) == 6
    assert set(books.trained.values()) == {1}
    assert set(books.sampled.values()) == {1}


def test_bytes_that_are_not_what_was_written_are_told_and_made_again(
    machines: Machines, straight: list[Any]
) -> None:
    books = Books()
    opened, _ = machines.run("one", books)
    store = machines.store("two")
    key = next(key for key in store.published_keys() if key.startswith("eval-"))
    files: Backend = store.backend
    place = next(name for name in files.versions(f"units/{key}") if name.endswith("scores.jsonl"))
    files.write(place, b"{}\n")
    assert "is not what was written" in (store.find_damaged([key])[key])
    asked = dict(books.sampled)
    opened, tally = machines.run("two", books)
    assert tally.done_units == [key]  # a plan knows what was found damaged
    assert books.sampled == asked, "it is scored again from its journals"
    assert sync_database(Database(opened.options.db), opened.store).faults == ()
    assert results(opened) == straight


def test_what_is_put_aside_stays_in_the_books(machines: Machines) -> None:
    books = Books()
    opened, _ = machines.run("one", books)
    key = next(key for key in opened.store.published_keys() if key.startswith("train-"))
    made = opened.plan()
    archive_redo(plan_redo([key], made, opened.store), made, opened.store, "r2")
    assert not opened.store.is_published(key)
    other = machines.store("two")
    assert [record.key for record in other.archived_records(key)] == [key]
    opened, tally = machines.run("two", books)
    assert tally.count_done("train") == 1
    assert tally.count_done("eval") == 2
    sync_database(Database(opened.options.db), opened.store)
    with Database(opened.options.db).read_connection() as connection:
        assert connection.execute("SELECT count(*) FROM retired").fetchall() != [(0,)]


def test_a_training_that_another_machine_does_again_has_no_eval_of_the_old_model(
    machines: Machines,
) -> None:
    """The first one goes on with what it has planned while the second one does it."""
    first = machines.session("one", distinct_models(1))
    made, again_now = first.plan(), [True]
    training = next(one.unit.key for one in made.units if one.unit.kind == "train")

    def published() -> None:
        names = first.store.backend.versions("published")  # type: ignore[attr-defined]
        if again_now and f"published/{training}" in names:
            again_now.clear()
            second = machines.session("two", distinct_models(2))
            plan = filter_kinds(second.plan(), ["train"])
            what = plan_redo([training], plan, second.store)
            archive_redo(what, plan, second.store, "r2")
            carry_out(second, mark_redo(plan, what), run="r2")

    carry_out(first, made, run="r1", on_published=published)
    assert not again_now
    store = machines.store("three")
    model = read_identity(store.unit_dir(training)).digest
    records = [store.record(key) for key in store.published_keys() if key.startswith("eval-")]
    assert {one.model_digest for one in records if one.payload["subject"] == training} <= {model}


def test_whoever_is_late_finds_the_unit_as_the_first_one_left_it(machines: Machines) -> None:
    machines.run("one")
    store = machines.store("two")
    key = next(key for key in store.published_keys() if key.startswith("train-"))
    before = (store.unit_dir(key) / "unit.json").read_bytes()
    late = machines.folder / "late"
    late.mkdir()
    (late / "unit.json").write_text("{}")
    (late / "SHA256SUMS").write_text(f"{'0' * 64}  unit.json\n")
    assert not store.published_units.publish(key, late)
    assert (machines.store("three").unit_dir(key) / "unit.json").read_bytes() == before


def test_every_machine_sees_the_new_scores_of_a_unit_that_was_scored_again(
    machines: Machines,
) -> None:
    stores = [machines.store(name) for name in ("one", "two", "three")]
    payload = Evaluate(
        subject=Base(provider="p", weights="w"), eval=SETTING.id_evals[0], questions="q"
    )
    unit = Unit(payload=payload, title="t", setting="s")
    with stores[0].lock(unit.key):
        (stores[0].prepare_work_dir(unit.key) / "scores.jsonl").write_text("old", encoding="utf-8")
        stores[0].publish(unit, "r", {}, 1.0)
    for store in stores[:2]:
        summary = store.states([unit.key])[unit.key].summary
        assert summary is not None
        assert summary.scoring == 1
        assert (store.unit_dir(unit.key) / "scores.jsonl").read_text(encoding="utf-8") == "old"
    new = attrs.evolve(stores[0].record(unit.key), scoring=2)
    with stores[1].lock(unit.key):
        stores[1].replace(new, {"scores.jsonl": "new"}, "r2")
    for store in stores:
        assert store.states([unit.key])[unit.key].summary == attrs.evolve(summary, scoring=2)
        assert store.record(unit.key) == new
        assert (store.unit_dir(unit.key) / "scores.jsonl").read_text(encoding="utf-8") == "new"
        assert store.find_damage(unit.key) is None


def test_the_place_can_be_checked_with_coreutils(machines: Machines) -> None:
    if not machines.url.startswith("file:"):
        pytest.skip("it takes a folder")
    opened, _ = machines.run("one")
    root = machines.url.removeprefix("file://")
    for key in opened.store.published_keys():
        words = ["sha256sum", "-c", "--quiet", f"published/{key}"]
        assert subprocess.run(words, cwd=root).returncode == 0


def test_parts_of_a_journal_are_put_together_and_nothing_is_lost(machines: Machines) -> None:
    store, name = machines.store("one"), "drafts-0123456789ab"
    lines = [{"question": f"q{at}", "sample": 0} for at in range(20)]
    with store.lock(name):
        path = store.journal(name)
        for line in lines:
            store.append(path, [line])
        assert list(journal.read_records(store.journal(name))) == lines
    assert list(store.backend.versions(f"journals/{name}")) == [
        f"journals/{name}/00000000-00000019.jsonl"
    ]
    other = machines.store("two")
    assert list(journal.read_records(other.journal(name))) == lines
    with other.lock(name):
        other.append(other.journal(name), [{"question": "q20", "sample": 0}])
    assert len(list(journal.read_records(machines.store("one").journal(name)))) == 21


def test_processes_of_a_machine_do_not_take_each_others_copies_away(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.run("one")
    first, second = machines.store("two"), machines.store("two")
    key = next(key for key in first.published_keys() if key.startswith("train-"))
    fetched: list[Path] = []
    other = threading.Thread(target=lambda: fetched.append(second.unit_dir(key)))
    rmtree = shutil.rmtree

    def slow(*words: Any, **more: Any) -> None:
        """The other process has its copy by the time this one takes away what it thinks is none."""
        if not other.ident:
            other.start()
            other.join(0.5)
        rmtree(*words, **more)

    monkeypatch.setattr(shutil, "rmtree", slow)
    folder = first.published_units.download(key, ())
    other.join()
    assert fetched == [folder]
    assert (folder / "model.json").exists()


def test_a_copy_that_is_the_same_stays_when_a_unit_is_published(machines: Machines) -> None:
    machines.run("one")
    store = machines.store("two")
    key = next(key for key in store.published_keys() if key.startswith("train-"))
    copied = shutil.copytree(store.unit_dir(key), machines.folder / "copied")
    before = (store.unit_dir(key) / "model.json").stat().st_ino
    store.published_units.adopt(key, copied)
    assert (store.unit_dir(key) / "model.json").stat().st_ino == before
    (copied / "model.json").write_text("{}")
    write_checksums(copied)
    store.published_units.adopt(key, copied)
    assert (store.root / "units" / key / "model.json").read_text() == "{}"


def twenty(store: SharedStore, name: str) -> list[dict[str, Any]]:
    """Twenty lines in a journal that is held, each a part."""
    lines = [{"question": f"q{at}", "sample": 0} for at in range(20)]
    for line in lines:
        store.append(store.journal(name), [line])
    return lines


def test_a_journal_survives_an_end_between_its_whole_and_its_parts(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, name = machines.store("one"), "drafts-0123456789ab"
    with monkeypatch.context() as patch, suppress(Crash), store.lock(name):
        lines = twenty(store, name)
        patch.setattr(type(store.backend), "delete", crash)
    other = machines.store("two")
    assert len(other.backend.versions(f"journals/{name}")) == 21
    with other.lock(name):
        other.journal(name)
    assert len(other.backend.versions(f"journals/{name}")) == 1
    assert list(journal.read_records(machines.store("three").journal(name))) == lines


def crash(*words: Any) -> None:
    raise Crash


def test_a_copy_that_a_full_disk_cut_off_does_no_harm_to_the_journal(machines: Machines) -> None:
    store, name = machines.store("one"), "drafts-0123456789ab"
    with store.lock(name):
        lines = twenty(store, name)
        os.truncate(store.journal(name), 50)
    assert len(store.backend.versions(f"journals/{name}")) == 1
    assert list(journal.read_records(machines.store("two").journal(name))) == lines


def test_only_folders_of_processes_that_are_surely_gone_are_taken_away(
    machines: Machines,
) -> None:
    """Machines may share `MI_CACHE`, and see each other's folders there but no processes."""
    desks = machines.store("one").workspace.root.parent
    gone = 2**22 + 1
    names = {
        "mine": f"{process.host_digest()}-{os.getpid()}-1",
        "over": f"{process.host_digest()}-{gone}-1",
        "theirs": f"0123456789ab-{gone}-1",
        "older": f"{gone}-12345678",
        "ancient": f"0123456789ab-{gone}-2",
    }
    for name in names.values():
        (desks / name / "work").mkdir(parents=True)
        (desks / name / "work" / "launch.jsonl").write_text("{}\n")
    for path in (desks / names["ancient"], *(desks / names["ancient"]).rglob("*")):
        os.utime(path, (0, 0))
    machines.store("one")
    assert {name for name, at in names.items() if (desks / at).exists()} == {
        "mine",
        "theirs",
        "older",
    }


@attrs.frozen
class Account:
    """Whose job it is."""

    fingerprint: str = "0123"


class Launching(Books):
    """A provider that launches its trainings, and notes what stands in the store when it does."""

    place: ClassVar[Backend]

    def train(self, job: TrainJob, folder: Path, watch: Monitor) -> TrainingResult:
        log = launch.LaunchLog(folder / launch.LAUNCH_LOG, job.checkpoint)
        seen = []

        def make() -> str:
            seen.append(self.look(job.key))
            return "job-1"

        reading = create.ErrorClassifier(
            is_throttle=lambda error: False,
            is_uncertain=lambda error: False,
            to_error=lambda error: ProviderError(str(error)),
        )
        create.create_once(log, 1, Account(), make, lambda may_repeat: [], reading)
        seen.append(self.look(job.key))
        assert seen == [["intent"], ["intent", "created"]]
        return Books.train(self, job, folder, watch)

    def look(self, key: str) -> list[str]:
        """The launch's events as another machine finds them."""
        text = self.place.read(f"work/{key}/{launch.LAUNCH_LOG}").decode()
        return [json.loads(line)["event"] for line in text.splitlines()]


def test_other_machines_know_of_a_launch_before_anything_is_created(machines: Machines) -> None:
    books = Launching()
    Launching.place = machines.store("other").backend
    machines.run("one", books)
    assert books.trained


def test_nothing_is_launched_or_sent_under_a_claim_that_is_lost(machines: Machines) -> None:
    store, key = machines.store("one"), "train-0123456789abcdef"
    heir = machines.store("two").backend
    with store.lock(key):
        log = store.prepare_work_dir(key) / launch.LAUNCH_LOG
        log.write_text("1")
        store.checkpoint(key)
        assert heir.read(f"work/{key}/{launch.LAUNCH_LOG}") == b"1"
        number = ClaimFiles(store.backend).current(key)[0]
        heir.create(f"claims/{key}/{number + 1:08}", b'{"owner": "another"}')
        heir.write(f"work/{key}/{launch.LAUNCH_LOG}", b"2")
        log.write_text("3")
        store.leases.valid_until = float("-inf")
        with pytest.raises(LeaseLost):
            store.checkpoint(key)
    assert heir.read(f"work/{key}/{launch.LAUNCH_LOG}") == b"2"
    assert not log.exists()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["refused", "lost", "cut", "slow"])
def test_a_place_with_faults_changes_no_result(
    tmp_path: Path,
    s3: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    straight: list[Any],
    kind: str,
) -> None:
    machines = Machines(tmp_path, address("s3", tmp_path, s3, monkeypatch), monkeypatch)
    books = Books()
    s3.faults.set(kind, every=9)
    opened, tally = machines.run("one", books)
    assert len(tally.done_units) == 6
    assert not tally.failures
    assert results(opened) == straight
    assert results(machines.run("two", books)[0]) == straight
    assert set(books.trained.values()) == {1}
    assert set(books.sampled.values()) == {1}


def test_a_place_that_stays_away_ends_the_run_with_a_sentence(
    tmp_path: Path, s3: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    address("s3", tmp_path, s3, monkeypatch)
    place = ObjectBackend.from_url(f"s3://mi-test/{tmp_path.name}", retry_seconds=0.5)
    s3.faults.away = True
    try:
        with pytest.raises(StoreError, match="does not answer"):
            place.write("a", b"1")
    finally:
        s3.faults.away = False


def test_a_folder_that_is_told_as_a_file_of_its_own_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Fsspec does so on S3 where a folder is filled just after it was found empty."""
    objects = ObjectBackend.from_url("memory://told")
    objects.write("claims/one", b"1")
    find = objects.filesystem.find

    def late(path: str, **how: Any) -> dict[str, Any]:
        return {path: {"name": path, "size": 0, "type": "file"}, **find(path, **how)}

    monkeypatch.setattr(objects.filesystem, "find", late)
    assert set(objects.versions("claims")) == {"claims/one"}


def test_a_place_that_overwrites_is_refused(
    tmp_path: Path, s3: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Careless(ObjectBackend):
        def create(self, name: str, data: bytes) -> bool:
            self.write(name, data)
            return True

    address("s3", tmp_path, s3, monkeypatch)
    with pytest.raises(StoreError, match="two runs"):
        Careless.from_url(f"s3://mi-test/{tmp_path.name}").probe()
