"""A folder that machines share says what is there or says nothing, never less than is there."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mi.errors import CorruptError, StoreError
from mi.store.shared import retry
from mi.store.shared.backend import FolderBackend
from mi.store.shared.published import FileManifest


@pytest.fixture
def place(tmp_path: Path) -> FolderBackend:
    return FolderBackend(tmp_path / "shared", 0.3)


def failing(times: int, then: Callable[..., Any], number: int = errno.ESTALE) -> Callable[..., Any]:
    """`then`, which fails so many times."""
    left = [number] * times

    def call(*words: Any, **more: Any) -> Any:
        if left:
            raise OSError(left.pop(), "the server is gone")
        return then(*words, **more)

    return call


USES: dict[str, tuple[Any, str, Callable[[FolderBackend, Path], Any], Any]] = {
    "list": (os, "scandir", lambda place, _: list(place.versions("a")), ["a/b"]),
    "look": (os, "stat", lambda place, _: place.exists("a/b"), True),
    "read": (os, "open", lambda place, _: place.read("a/b"), b"1"),
    "write": (os, "replace", lambda place, _: place.write("a/b", b"2"), None),
    "make": (os, "link", lambda place, _: place.create("a/c", b"3"), True),
    "send": (os, "fsync", lambda place, path: place.upload(path, "a/d"), None),
    "delete": (Path, "unlink", lambda place, _: place.delete(["a/b", "a/x"]), None),
}


@pytest.fixture
def sent(place: FolderBackend, tmp_path: Path) -> Path:
    """A file to send to a place where there is one."""
    place.write("a/b", b"1")
    path = tmp_path / "one"
    path.write_bytes(b"4")
    return path


@pytest.mark.parametrize("use", USES)
def test_a_folder_that_is_away_for_a_moment_is_asked_again(
    place: FolderBackend, sent: Path, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    owner, name, call, expected = USES[use]
    monkeypatch.setattr(owner, name, failing(1, getattr(owner, name)))
    assert call(place, sent) == expected


@pytest.mark.parametrize("use", USES)
def test_a_folder_that_stays_away_is_a_sentence(
    place: FolderBackend, sent: Path, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    owner, name, call, _ = USES[use]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, failing(99, getattr(owner, name), errno.EIO))
        with pytest.raises(StoreError, match="does not answer"):
            call(place, sent)


def test_what_is_not_there_is_told_at_once(place: FolderBackend) -> None:
    slow = FolderBackend(place.root, 600.0)
    assert slow.versions("none") == {}
    assert not slow.exists("none")
    slow.delete(["none"])
    with pytest.raises(FileNotFoundError):
        slow.read("none")
    assert slow.create("one", b"1")
    assert not slow.create("one", b"1")
    assert os.listdir(place.root) == ["one"]


def test_a_full_disk_is_told_at_once(place: FolderBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", failing(99, os.fsync, errno.ENOSPC))
    with pytest.raises(StoreError, match="cannot be used"):
        FolderBackend(place.root, 600.0).write("a", b"1")


@pytest.mark.parametrize("error", [FileExistsError, OSError(errno.EIO, "cut off")])
def test_a_file_whose_making_was_not_confirmed_is_still_this_ones(
    place: FolderBackend, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """NFS sends a request again whose answer was lost, and is told that the name is taken."""
    link, lost = os.link, [error]

    def unsure(source: Path, target: Path) -> None:
        link(source, target)
        if lost:
            raise lost.pop()

    monkeypatch.setattr(os, "link", unsure)
    assert place.create("a", b"1")
    assert place.read("a") == b"1"
    assert os.listdir(place.root) == ["a"]
    assert not place.create("a", b"1")


def test_asking_to_stop_is_no_reason_to_ask_again() -> None:
    asked = []

    def ask() -> None:
        asked.append(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retry.retry_io(ask, 600.0, "there")
    assert asked == [1]


def test_a_link_or_pipe_in_a_shared_folder_is_no_file_of_it(
    place: FolderBackend, tmp_path: Path
) -> None:
    """A link could lead to any file of this machine, and a pipe never ends."""
    place.write("a/b", b"1")
    (tmp_path / "secret").write_bytes(b"2")
    (place.root / "a" / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(place.root / "a" / "pipe")
    assert list(place.versions("a")) == ["a/b"]
    for name in ("a/link", "a/pipe"):
        with pytest.raises(CorruptError, match=r"is a symbolic link|is not a regular file"):
            place.read(name)


@pytest.mark.parametrize(
    "name", ["units/mix-1/1/../../../x", "units/mix-1/1//etc/x", "/etc/x", "units/mix-1/1/", "x"]
)
def test_a_manifest_names_files_of_its_unit_only(name: str) -> None:
    checksum = "0" * 64
    assert FileManifest.parse(f"{checksum}  units/mix-1/1/adapter/a.json\n").files.keys() == {
        "adapter/a.json"
    }
    with pytest.raises(CorruptError, match="is no file of a unit"):
        FileManifest.parse(f"{checksum}  {name}\n")
