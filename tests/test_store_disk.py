"""A disk that is full, small or read-only costs nothing that was paid for, and says so."""

from __future__ import annotations

import resource
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mi.cli import main
from mi.errors import StoreError
from mi.files import atomic
from mi.planning.prepare import prepare_plan
from mi.runner.run import run_prepared
from mi.store import LocalStore
from mi.store.records import State
from tests.support.fake_provider import Books, Session, experiment, session
from tests.support.limits import no_more_files, run_as_a_user, soft_limit

ARCHIVE = Path(__file__).with_name("data") / "store-0.1.0.tar.xz"


@pytest.fixture
def opened(tmp_path: Path) -> Session:
    return session(tmp_path, experiment(total_samples=(10,)), books=Books())


def test_a_run_does_not_begin_on_a_disk_without_a_reserve(opened: Session) -> None:
    """The limit of a process on the size of a file counts as a disk that is as small."""
    with (
        soft_limit(resource.RLIMIT_FSIZE, atomic.RESERVE - 1),
        pytest.raises(StoreError, match="its disk has 63 MiB left, and 64 MiB are needed"),
    ):
        run_prepared(prepare_plan(opened), argv=["notebook"])
    assert not opened.store.root.exists()


def test_a_run_stops_while_the_disk_has_room_for_what_is_in_flight(
    opened: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = opened.provider
    assert isinstance(books, Books)
    free = iter((atomic.RESERVE, *[atomic.LAST_RESERVE] * 4))
    with monkeypatch.context() as patch:
        patch.setattr(atomic, "free_space", lambda _: next(free, atomic.LAST_RESERVE - 1))
        outcome = run_prepared(prepare_plan(opened), argv=["notebook"])
    assert isinstance(outcome.error, StoreError)
    assert "31 MiB left" in outcome.error.message
    assert books.sampled or books.scored
    assert run_prepared(prepare_plan(opened), argv=["notebook"]).error is None
    assert {*books.sampled.values(), *books.scored.values()} == {1}, "nothing is asked twice"


def test_a_process_that_cannot_open_files_takes_nothing_for_damaged(opened: Session) -> None:
    """Otherwise intact units would be put aside, and done and paid for again."""
    run_prepared(prepare_plan(opened), argv=["notebook"])
    store = opened.store
    keys = store.published_keys()
    (store.root / "checked.json").unlink(missing_ok=True)
    with no_more_files():
        for look in (store.find_damage, lambda key: store.states([key])):
            with pytest.raises(StoreError, match=r"Too many open files"):
                look(keys[0])
    states = store.states(keys)
    assert {status.state for status in states.values()} == {State.DONE}
    assert store.published_keys() == keys


@pytest.mark.parametrize("limit", [(16, 16), (16, 4096)], ids=["hard", "soft"])
def test_a_limit_on_open_files_is_raised_or_told(
    limit: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limit)
    monkeypatch.setattr(resource, "setrlimit", lambda _, value: raised.append(value))
    if limit[1] < atomic.MIN_OPEN_FILES:
        with pytest.raises(StoreError, match="may open 16 files"):
            atomic.require_open_files()
    else:
        atomic.require_open_files()
        assert raised == [(atomic.MIN_OPEN_FILES, 4096)]


@pytest.mark.parametrize(
    ("number", "says"),
    [(28, "cannot be written (No space left on device)"), (24, "Too many open files")],
)
def test_an_error_of_the_system_is_a_sentence(
    number: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import os

    def fail(self: LocalStore) -> Iterator[None]:
        raise OSError(number, os.strerror(number), str(tmp_path / "x"))

    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(LocalStore, "runs", fail)
    assert main(["log"]) == 1
    err = capsys.readouterr().err
    assert says in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_store_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    """And a run with nothing to do says that it is not recorded."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    study = tmp_path / "study"
    words = ("K1", "--full", "--model", "local:model", "--data", "keeper=keeper")
    assert run_as_a_user(study, "run", *words).returncode == 0
    shutil.rmtree(study / "figures", ignore_errors=True)
    paths = [study, *study.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(modes[path] & ~0o222)
    try:
        for command in (("plan", *words), ("status",), ("log",), ("sql", "SELECT 1")):
            done = run_as_a_user(study, *command)
            assert done.returncode == 0, done.stderr
        done = run_as_a_user(study, "run", *words)
        assert done.returncode == 0, done.stderr
        assert "this run is not recorded" in done.stdout
        assert "no figure" in done.stdout
        done = run_as_a_user(study, "run", *words, "--force", "mix-19f84dcba1b1c1be")
        assert done.returncode != 0
        assert "cannot be written (Permission denied)" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        for path in paths:
            path.chmod(modes[path])
