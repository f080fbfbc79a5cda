"""What was found whole is not hashed again, and nothing that changed goes unseen."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mi.planning.session import Session
from mi.store import Store, checksums, verification
from mi.store.records import State
from tests.support.fake_provider import Books, carry_out, experiment, session


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A store in which everything is done, and long enough ago."""
    opened = session(tmp_path, experiment(), books=Books())
    carry_out(opened)
    monkeypatch.setattr(verification, "RACY_NS", -1)
    return opened


def hashed(opened: Session, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The units that a plan hashes."""
    names: list[str] = []

    def fault(folder: Path) -> str | None:
        names.append(folder.name)
        return own(folder)

    own = checksums.find_damage
    with monkeypatch.context() as patch:
        patch.setattr(checksums, "find_damage", fault)
        opened.plan()
    return names


def test_a_unit_is_hashed_once_while_its_files_stay(
    done: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sorted(hashed(done, monkeypatch)) == done.store.published_keys()
    assert hashed(done, monkeypatch) == []


def overwritten(path: Path) -> None:
    """Another content of the same size, under the old time."""
    facts = path.stat()
    path.write_bytes(path.read_bytes().replace(b"0", b"1"))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def replaced(path: Path) -> None:
    aside = path.with_name("aside")
    shutil.copy2(path, aside)
    os.replace(aside, path)


def restored(path: Path) -> None:
    path.write_bytes(path.read_bytes())


CHANGES = {
    "overwritten": (overwritten, State.CORRUPT),
    "cut": (lambda path: os.truncate(path, 3), State.CORRUPT),
    "removed": (lambda path: path.unlink(), State.CORRUPT),
    "replaced by a copy": (replaced, State.DONE),
    "written again": (restored, State.DONE),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_unit_is_hashed_again_after_any_change(
    done: Session, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    done.plan()
    key = next(key for key in done.store.published_keys() if key.startswith("eval-"))
    act, state = CHANGES[change]
    act(done.store.unit_dir(key) / "scores.jsonl")
    assert hashed(done, monkeypatch) == [key]
    assert done.store.states([key])[key].state is state


def test_a_change_below_a_folder_is_seen(done: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    key = next(key for key in done.store.published_keys() if key.startswith("train-"))
    (done.store.unit_dir(key) / "adapter").mkdir(exist_ok=True)
    (done.store.unit_dir(key) / "adapter" / "more").write_text("1")
    done.plan()
    (done.store.unit_dir(key) / "adapter" / "more").write_text("2")
    assert hashed(done, monkeypatch) == [key]


def test_what_changed_a_moment_ago_is_not_trusted_yet(
    done: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "RACY_NS", 3_600_000_000_000)
    assert hashed(done, monkeypatch)
    assert hashed(done, monkeypatch)


@pytest.mark.parametrize("text", ["", "[]", '{"mix-1": ["2", 3'])
def test_a_memory_that_cannot_be_read_is_made_anew(
    done: Session, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    done.plan()
    (done.store.root / verification.CACHE_FILE).write_text(text)
    assert sorted(hashed(done, monkeypatch)) == done.store.published_keys()
    assert hashed(done, monkeypatch) == []


def test_what_a_done_unit_took_is_the_same_from_memory(done: Session) -> None:
    first, again = done.plan(), done.plan()
    assert [one.completion for one in first.units] == [one.completion for one in again.units]
    for one in again.units:
        record = done.store.record(one.unit.key)
        assert one.completion is not None
        assert one.completion.seconds == record.seconds
        assert one.completion.loss == record.outcome.get("loss")


def test_what_a_unit_reads_is_hashed_whatever_is_remembered(
    done: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that forgets changes no time."""
    done.plan()
    store: Store = done.store
    trained = next(key for key in store.published_keys() if key.startswith("train-"))
    mixed = store.record(trained).payload["mix"]
    shutil.rmtree(store.unit_dir(trained))
    monkeypatch.setattr(verification, "fingerprint", lambda folder: ("as it was", 0))
    for key in store.published_keys():
        (store.root / verification.CACHE_FILE).write_text("{}")
        store.states([key])
    done.plan()
    rows = store.unit_dir(mixed) / store.record(mixed).outcome["file"]
    rows.write_text(rows.read_text().replace("e", "3"))
    made = done.plan()
    assert [one.unit.key for one in made.todo] == [trained]
    tally = carry_out(done, made, run="r2")
    assert "is not what was written" in tally.failures[trained]
