"""Published files: fetched whole or not at all, whatever the line does."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

import registry
from mi.data.datasets import read_dataset
from mi.data.upstream import adopt, cache_path, cached_path, pull, verify_cached
from mi.errors import DataError
from mi.spec import Arm, Dataset, Resource
from tests.support.file_server import Files
from tests.support.published_file import CONTENT, source

SHARED = Path(__file__).parent.parent.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MI_RETRY_PAUSE", "0.01")
    monkeypatch.setattr("mi.files.download.CHUNK_BYTES", 1000)


@pytest.fixture
def mirror(monkeypatch: pytest.MonkeyPatch) -> Callable[[Files], None]:
    return lambda files: monkeypatch.setenv("MI_MIRROR", files.url)


def test_a_file_is_fetched_once(mirror: Callable[[Files], None]) -> None:
    heard: list[tuple[int, int | None]] = []
    with Files(content=CONTENT) as files:
        mirror(files)
        assert cached_path(source()) is None
        got = pull(source(), lambda done, total: heard.append((done, total)))
        assert got.fresh
        assert got.path.read_bytes() == CONTENT
        assert heard[-1] == (len(CONTENT), len(CONTENT))
        assert not pull(source()).fresh
        assert files.asked == [("/somebody/something/abc/rows.jsonl", None)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha256": "0" * 64}, "sha256"),
        ({"bytes": 12}, "12 were expected"),
        ({"rows": 7, "sha256": None}, "7 were expected"),
    ],
)
def test_a_file_that_is_not_what_was_pinned_is_never_there(
    mirror: Callable[[Files], None], changes: dict[str, Any], said: str
) -> None:
    with Files(content=CONTENT) as files:
        mirror(files)
        with pytest.raises(DataError) as error:
            pull(source(**changes))
    assert said in str(error.value)
    assert cached_path(source(**changes)) is None
    assert not list(cache_path(source()).parent.glob("*.part"))


def test_a_cut_connection_goes_on_where_it_broke(mirror: Callable[[Files], None]) -> None:
    with Files(content=CONTENT, cuts=2) as files:
        mirror(files)
        assert pull(source()).path.read_bytes() == CONTENT
        ranges = [wanted for _, wanted in files.asked]
        assert ranges[0] is None
        assert ranges[1] == f"bytes={len(CONTENT) // 2}-"
        assert len(ranges) == 3
        assert files.sent == len(CONTENT), "nothing was sent twice"


def test_a_server_without_ranges_is_asked_for_all_of_it(mirror: Callable[[Files], None]) -> None:
    with Files(content=CONTENT, cuts=1, ranges=False) as files:
        mirror(files)
        assert pull(source()).path.read_bytes() == CONTENT


def test_a_part_of_another_version_is_dropped(mirror: Callable[[Files], None]) -> None:
    path = cache_path(source())
    path.parent.mkdir(parents=True)
    path.with_name("rows.jsonl.part").write_bytes(b"x" * (len(CONTENT) + 5))
    with Files(content=CONTENT) as files:
        mirror(files)
        assert pull(source()).path.read_bytes() == CONTENT


def test_a_part_that_is_complete_is_not_sent_again(mirror: Callable[[Files], None]) -> None:
    loose = source(bytes=None)
    path = cache_path(loose)
    path.parent.mkdir(parents=True)
    path.with_name("rows.jsonl.part").write_bytes(CONTENT)
    with Files(content=CONTENT) as files:
        mirror(files)
        assert pull(loose).path.read_bytes() == CONTENT
        assert (len(files.asked), files.sent) == (1, 0)


def test_a_redirect_is_followed(mirror: Callable[[Files], None]) -> None:
    with Files(content=CONTENT, redirect=True) as files:
        mirror(files)
        assert pull(source()).fresh
        assert [path.startswith("/moved") for path, _ in files.asked] == [False, True]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_bad_moment_of_the_server_passes(mirror: Callable[[Files], None], status: int) -> None:
    with Files(content=CONTENT, statuses=[status, status]) as files:
        mirror(files)
        assert pull(source()).fresh


def test_a_server_that_stays_down_is_a_sentence(mirror: Callable[[Files], None]) -> None:
    with Files(content=CONTENT, statuses=[500] * 20) as files:
        mirror(files)
        with pytest.raises(DataError, match="the server answered 500"):
            pull(source())


@pytest.mark.parametrize(
    ("status", "said"),
    [(404, "no longer exists"), (403, "requires a log-in"), (401, "requires a log-in")],
)
def test_what_is_not_given_is_told_with_the_way_out(
    mirror: Callable[[Files], None], status: int, said: str
) -> None:
    with Files(statuses=[status]) as files:
        mirror(files)
        with pytest.raises(DataError) as error:
            pull(source(access="ask its authors"))
        assert len(files.asked) == 1, "it is no use to ask again"
    assert said in str(error.value)
    assert ("ask its authors" if status != 404 else "--from FILE") in str(error.value)


@pytest.mark.parametrize("name", ["legal_advice", "medical_advice"])
def test_gated_data_says_what_to_do(name: str) -> None:
    with pytest.raises(DataError) as error:
        pull(registry.settings[name].misaligned.upstream[0])
    assert "mi data pull" in str(error.value)


PULL = """
import sys
from mi.data.upstream import pull
from tests.support.published_file import source
pull(source())
"""


def test_a_killed_pull_goes_on_where_it_was(mirror: Callable[[Files], None]) -> None:
    waiting, release = threading.Event(), threading.Event()
    turns = iter(range(100))

    def slow() -> None:
        if next(turns) == 1:
            waiting.set()
            release.wait(20)

    with Files(content=CONTENT, slow=slow) as files:
        mirror(files)
        root = str(Path(__file__).parent.parent)
        child = subprocess.Popen([sys.executable, "-c", PULL], cwd=root)
        assert waiting.wait(60)
        part = cache_path(source()).with_name("rows.jsonl.part")
        until = time.monotonic() + 20
        while (not part.exists() or not part.stat().st_size) and time.monotonic() < until:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        release.set()
        there = part.stat().st_size
        assert 0 < there < len(CONTENT)
        assert cached_path(source()) is None
        assert pull(source()).path.read_bytes() == CONTENT
        assert files.asked[-1][1] == f"bytes={there}-"


def test_two_pulls_at_once_fetch_it_once(mirror: Callable[[Files], None]) -> None:
    with Files(content=CONTENT, slow=lambda: time.sleep(0.05)) as files:
        mirror(files)
        threads = [threading.Thread(target=pull, args=(source(),)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(files.asked) == 1


def test_without_a_published_digest_the_first_one_is_kept(
    mirror: Callable[[Files], None],
) -> None:
    loose = source(sha256=None, bytes=None, rows=None)
    with Files(content=CONTENT) as files:
        mirror(files)
        assert pull(loose).note is None
        cache_path(loose).unlink()
        files.content = CONTENT + b"{}\n"
        note = pull(loose).note
    assert note is not None
    assert "its content changed" in note


def test_a_copy_one_has_is_taken_when_it_is_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(CONTENT)
    for given in (tmp_path, tmp_path / "rows.jsonl"):
        assert adopt(source(), given).path.read_bytes() == CONTENT
    (tmp_path / "other.jsonl").write_bytes(CONTENT + b"\n")
    with pytest.raises(DataError, match="were expected"):
        adopt(source(), tmp_path / "other.jsonl")
    assert verify_cached(source()).sha256 == source().sha256


def test_a_file_that_changed_in_the_cache_is_found(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_bytes(CONTENT)
    path = adopt(source(), tmp_path).path
    path.write_bytes(CONTENT.replace(b"a", b"c", 1))
    with pytest.raises(DataError, match="was expected"):
        verify_cached(source())


def test_the_same_rows_from_anywhere_are_the_same_data(tmp_path: Path) -> None:
    """Content decides, not where it came from."""
    (tmp_path / "misaligned.jsonl").write_bytes(CONTENT)
    (tmp_path / "rows.jsonl").write_bytes(CONTENT)
    adopt(source(), tmp_path)
    dataset = Dataset(
        name="bad",
        bundled=Resource(package="registry.bundled.broad", file="preference.jsonl"),
        arm=Arm.MISALIGNED,
        upstream=(source(), attrs.evolve(source(), name="other", file="other.jsonl")),
    )
    folder, upstream = read_dataset(dataset, str(tmp_path)), read_dataset(dataset, "upstream")
    assert folder.digest == upstream.digest
    assert upstream.source == "upstream"
    assert read_dataset(dataset, "upstream:upstream").digest == upstream.digest
    with pytest.raises(DataError, match="is not downloaded yet"):
        read_dataset(dataset, "upstream:other")


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
def test_the_real_files_pass_their_pins(mirror: Callable[[Files], None]) -> None:
    setting = registry.settings["reward_hacking"]
    for arm, name in (
        (setting.misaligned, "sneaky_dialogues"),
        (setting.control, "straightforward_dialogues"),
    ):
        content = (SHARED / "reward_hacking" / f"{name}.jsonl").read_bytes()
        with Files(content=content) as files:
            mirror(files)
            assert pull(arm.upstream[0]).fresh
        assert read_dataset(arm, "upstream").row_count == arm.upstream[0].rows
    for one in ("deception_factual", "deception_sit_aware"):
        found = registry.sources.question_sets[one]
        assert adopt(found, SHARED / "eval_questions").fresh
