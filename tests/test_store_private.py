"""A store on one's own disk is for its owner; one that exists keeps what its folder says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mi.files import atomic
from mi.files.journal import append_records
from mi.store.local import LocalStore
from mi.store.records import FailureRecord


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    previous = os.umask(0o022)
    yield
    os.umask(previous)


def modes(root: Path) -> dict[str, set[str]]:
    """The modes of a folder and what is in it: of folders and of files."""
    seen: dict[str, set[str]] = {"folders": set(), "files": set()}
    for path in (root, *root.rglob("*")):
        mode = oct(stat.S_IMODE(path.stat().st_mode))
        seen["folders" if path.is_dir() else "files"].add(mode)
    return seen


def fill(root: Path) -> None:
    """Write to a store in the ways that runs do, files of providers included."""
    store = LocalStore(root)
    with store.lock("eval-1"):
        directory = store.prepare_work_dir("eval-1")
        (directory / "adapter").mkdir()
        (directory / "adapter" / "weights").write_bytes(b"0")
        store.append(store.journal("answers-1"), [])
        append_records(root / "journals" / "other.jsonl", [{"a": 1}])
        store.append_log("eval-1", "something")
        store.save_failure("eval-1", FailureRecord(run="r", time="t", message="m"))
    store.save_ledger("{}")


def test_a_new_store_is_its_owner_s_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    fill(tmp_path / "results" / ".mi")
    assert modes(tmp_path / "results" / ".mi") == {"folders": {"0o700"}, "files": {"0o600"}}
    assert stat.S_IMODE((tmp_path / "results").stat().st_mode) == 0o755


@pytest.mark.parametrize(("mode", "files"), [(0o755, "0o644"), (0o775, "0o644"), (0o700, "0o600")])
def test_a_store_that_exists_keeps_its_mode(tmp_path: Path, mode: int, files: str) -> None:
    root = tmp_path / ".mi"
    root.mkdir()
    root.chmod(mode)
    fill(root)
    assert stat.S_IMODE(root.stat().st_mode) == mode
    assert modes(root)["files"] == {files}


def test_a_file_of_a_private_folder_is_never_open_not_even_at_first(tmp_path: Path) -> None:
    atomic.make_dir(tmp_path / "private", is_closed=True)
    path = tmp_path / "private" / "file"
    os.close(atomic.open_private(path, os.O_WRONLY | os.O_CREAT))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
