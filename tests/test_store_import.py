"""A store is imported as from an enemy: what may not come is named, and the rest comes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mi.cli import main
from mi.errors import CorruptError, StoreError
from mi.files import atomic
from mi.files.seal import read_seal
from mi.store import LocalStore
from mi.store.checksums import write_checksums
from mi.store.merge import apply_merge, plan_merge
from tests.support.engine import run_experiment
from tests.support.fake_provider import Books

SECRET = "what only this machine may know"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store of one training and its evals."""
    folder = tmp_path_factory.mktemp("made")
    run_experiment(folder, Books(), run_name="b", total_samples=10)
    return folder / ".mi"


@pytest.fixture
def theirs(made: Path, tmp_path: Path) -> Path:
    """A fresh copy of it in a folder of its own, beside a file that it must not reach."""
    (tmp_path / "secret").write_text(f'{{"question": "{SECRET}"}}\n')
    shutil.copytree(made, tmp_path / "theirs" / ".mi")
    return tmp_path / "theirs" / ".mi"


def unit(root: Path, kind: str) -> Path:
    """The first unit of a kind; the eval is one of the trained model's answers."""
    paths = sorted((root / "units").glob(f"{kind}-*"))
    if kind == "eval":
        paths = [path for path in paths if record(path)["payload"]["eval"]["!"] == "Sampled"]
        paths = [path for path in paths if isinstance(record(path)["payload"]["subject"], str)]
    return paths[0]


def journal(root: Path) -> Path:
    """The journal of answers of the trained model."""
    return root / "journals" / f"{record(unit(root, 'eval'))['journals']['answers']}.jsonl"


def record(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((path / "unit.json").read_text())
    return content


def rewrite(path: Path, **changes: Any) -> None:
    """Change the record of a unit, with checksums that fit."""
    (path / "unit.json").write_text(json.dumps({**record(path), **changes}))
    write_checksums(path)


def replace_by_link(path: Path, target: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    path.symlink_to(target)


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by_socket(path: Path) -> None:
    path.unlink()
    here = Path.cwd()
    os.chdir(path.parent)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as each:
            each.bind(path.name)
    finally:
        os.chdir(here)


def replace_by_hard_link(path: Path, target: Path) -> None:
    path.unlink()
    os.link(target, path)


def name_file_outside(root: Path) -> None:
    with (unit(root, "train") / "SHA256SUMS").open("a") as file:
        secret = root.parent.parent / "secret"
        file.write(f"{hashlib.sha256(secret.read_bytes()).hexdigest()}  ../../../../secret\n")


def change_line(path: Path, **changes: Any) -> None:
    """Change the first line of a journal."""
    first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(first), **changes}), *rest, ""]))


def unseal(path: Path) -> Path:
    """Remove a journal's seal, as a stranger would that changes it."""
    path.with_suffix(".seal").unlink()
    for eval in (path.parent.parent / "units").glob("eval-*"):
        rewrite(eval, seals={})
    return path


def add_lines(path: Path, *lines: bytes) -> None:
    with unseal(path).open("ab") as file:
        file.writelines(lines)


def add_score(path: Path, **score: Any) -> None:
    with (path / "scores.jsonl").open("a") as file:
        file.write(json.dumps(score) + "\n")
    write_checksums(path)


def nest(path: Path) -> None:
    (path / "/".join("abcdefghij")).mkdir(parents=True)


ATTACKS: dict[str, tuple[Callable[[Path, Path], Any], str]] = {
    "a file of a unit is a link": (
        lambda root, secret: replace_by_link(unit(root, "eval") / "scores.jsonl", secret),
        "holds scores.jsonl, which is a symbolic link",
    ),
    "a file of a unit never ends": (
        lambda root, _: replace_by_link(unit(root, "eval") / "scores.jsonl", Path("/dev/zero")),
        "which is a symbolic link",
    ),
    "a unit is a link": (
        lambda root, secret: replace_by_link(unit(root, "train"), secret.parent),
        "is a symbolic link",
    ),
    "a folder is a link": (
        lambda root, secret: replace_by_link(root / "journals", secret.parent),
        "journals is a symbolic link, not a folder",
    ),
    "a journal is a link": (
        lambda root, secret: replace_by_link(journal(root), secret),
        "its journal answers-",
    ),
    "a seal is a link": (
        lambda root, secret: replace_by_link(journal(root).with_suffix(".seal"), secret),
        "its journal answers-",
    ),
    "a run's record is a link": (
        lambda root, secret: replace_by_link(root / "runs" / "b" / "run.json", secret),
        "runs/b holds run.json, which is a symbolic link",
    ),
    "a file is a pipe": (
        lambda root, _: replace_by_pipe(unit(root, "train") / "model.json"),
        "holds model.json, which is a pipe",
    ),
    "a journal is a pipe": (lambda root, _: replace_by_pipe(journal(root)), "is a pipe"),
    "a file is a socket": (
        lambda root, _: replace_by_socket(unit(root, "train") / "model.json"),
        "which is a socket",
    ),
    "a file is a file outside": (
        lambda root, secret: replace_by_hard_link(unit(root, "train") / "model.json", secret),
        "is the same file as one outside the folder (a hard link)",
    ),
    "checksums name a file outside": (
        lambda root, _: name_file_outside(root),
        "names '../../../../secret', which is no file of a unit",
    ),
    "a journal is named by a path": (
        lambda root, _: rewrite(unit(root, "eval"), journals={"answers": "../../secret"}),
        "journals answers is not a name",
    ),
    "a role is that of another journal": (
        lambda root, _: rewrite(
            unit(root, "eval"),
            journals={**record(unit(root, "eval"))["journals"], "judgments:x": "answers-1"},
        ),
        "names answers-1 as its journal of judgments:x",
    ),
    "a journal is about another model": (
        lambda root, _: rewrite(
            next(
                path
                for path in (root / "units").glob("eval-*")
                if isinstance(record(path)["payload"]["subject"], dict)
                and "answers" in record(path)["journals"]
            ),
            journals={"answers": journal(root).stem},
            seals={},
        ),
        "which is about another model, as its journal",
    ),
    "a payload has another hash": (
        lambda root, _: rewrite(
            unit(root, "train"), payload={**record(unit(root, "train"))["payload"], "seed": 7}
        ),
        "its payload has another hash",
    ),
    "a unit has the name of another": (
        lambda root, _: os.rename(unit(root, "mix"), root / "units" / "mix-0123456789abcdef"),
        "its payload has another hash",
    ),
    "a unit has no name": (
        lambda root, _: (root / "units" / "a\nb").mkdir(),
        "is not a name that a store can have",
    ),
    "a unit is no unit": (lambda root, _: (root / "units" / "notes").mkdir(), "notes"),
    "folders without end": (lambda root, _: nest(unit(root, "train")), "lies too deep"),
    "a score is a text": (
        lambda root, _: add_score(unit(root, "eval"), question="q", outcome=[1]),
        "scores.jsonl:25",
    ),
    "a score is of no answer": (
        lambda root, _: add_score(unit(root, "eval"), question="q", sample=7, outcome="secure"),
        "its journal lacks 1 of the answers that it scores",
    ),
    "a line was changed": (
        lambda root, _: change_line(journal(root), text="something else"),
        "is not what was written",
    ),
    "a line has no end": (
        lambda root, _: add_lines(journal(root), b"x" * (9 << 20)),
        "has a line larger than",
    ),
    "a line is no JSON": (
        lambda root, _: add_lines(journal(root), b'{"question": \n'),
        "has a damaged line",
    ),
    "a line is of another shape": (
        lambda root, _: add_lines(journal(root), b'{"question": "../../secret"}\n'),
        "1 of its lines stay there; line 25 is not an answer",
    ),
    "a line is about another model": (
        lambda root, _: change_line(unseal(journal(root)), of="0123456789abcdef"),
        "1 of 24 lines say something else there",
    ),
    "an eval is of another model": (
        lambda root, _: rewrite(unit(root, "eval"), of="0123456789abcdef"),
        "is about another model than train-",
    ),
    "a selection was changed": (
        lambda root, _: next((root / "cells").glob("*.jsonl")).write_text(""),
        "its name is a digest of its content",
    ),
    "a run is another": (
        lambda root, _: (root / "runs" / "b" / "run.json").write_text(
            json.dumps({**json.loads((root / "runs/b/run.json").read_text()), "run": "c"})
        ),
        "the run b is the record of another run",
    ),
    "a selection is named by a path": (
        lambda root, _: (root / "runs" / "b" / "run.json").write_text(
            json.dumps({**json.loads((root / "runs/b/run.json").read_text()), "selection": "../x"})
        ),
        "the run b is not the record of a run",
    ),
    "a registration is of another name": (
        lambda root, _: _register(root, "0" * 64),
        "is damaged there: it is not what was written",
    ),
}


def _register(root: Path, name: str) -> None:
    (root / "registrations").mkdir(exist_ok=True)
    (root / "registrations" / f"{name}.json").write_text("{}")


def state(folder: Path) -> dict[str, object]:
    """Everything below a folder, without following a link or opening a pipe."""
    return {
        str(path.relative_to(folder)): (
            path.read_bytes() if path.is_file() and not path.is_symlink() else path.lstat().st_mode
        )
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize(("attack", "says"), ATTACKS.values(), ids=ATTACKS)
def test_what_could_harm_is_named_and_the_rest_comes(
    theirs: Path, tmp_path: Path, attack: Callable[[Path, Path], Any], says: str
) -> None:
    attack(theirs, tmp_path / "secret")
    stood = state(theirs), (tmp_path / "secret").read_bytes()
    source, ours = LocalStore(theirs), LocalStore(tmp_path / "ours" / ".mi")
    plan = plan_merge(source, ours)
    assert any(says in sentence for sentence in plan.skipped), plan.skipped
    apply_merge(plan, source, ours)
    assert (state(theirs), (tmp_path / "secret").read_bytes()) == stood, "only read"
    assert {path.name for path in tmp_path.iterdir()} == {"ours", "theirs", "secret"}
    keys = ours.published_keys()
    assert len(keys) >= 2
    assert not any(ours.find_damage(key) or ours.journal_damage(ours.record(key)) for key in keys)
    for path in (tmp_path / "ours").rglob("*"):
        assert path.is_dir() or (path.is_file() and not path.is_symlink())
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()
    assert all(read_seal(path) for path in (ours.root / "journals").glob("*.jsonl"))


def test_a_store_that_harms_nobody_comes_whole(theirs: Path, tmp_path: Path) -> None:
    """Its files are hard links to each other, as some backups make them."""
    paths = [path for path in theirs.rglob("*.json*") if path.is_file()]
    for path in paths:
        copy = path.with_name(f".{path.name}")
        os.link(path, copy)
        copy.unlink()
    one, other = sorted(theirs.glob("units/*/log.txt"))[:2] or (None, None)
    if one is not None and other is not None and one.read_bytes() == other.read_bytes():
        replace_by_hard_link(one, other)
    source, ours = LocalStore(theirs), LocalStore(tmp_path / "ours")
    plan = plan_merge(source, ours)
    assert plan.skipped == ()
    assert plan.size > 0
    apply_merge(plan, source, ours)
    assert ours.published_keys() == sorted(path.name for path in theirs.glob("units/*"))


def test_a_folder_whose_store_is_a_link_is_not_followed(
    theirs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "pyproject.toml").touch()
    (tmp_path / "sent").mkdir()
    (tmp_path / "sent" / ".mi").symlink_to(theirs)
    monkeypatch.chdir(ours)
    assert main(["import", str(tmp_path / "sent")]) == 4
    assert "is a symbolic link" in capsys.readouterr().err
    (theirs / "published").mkdir()
    (theirs / "published" / "mix-1").symlink_to(tmp_path / "secret")
    assert main(["import", f"file://{theirs}"]) == 4
    assert "published/mix-1 is a symbolic link" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../x", "", "a/b", "..", "/tmp/x", "a\nb"])
def test_a_name_that_could_lead_out_of_a_store_is_neither_locked_nor_moved(
    tmp_path: Path, name: str
) -> None:
    store = LocalStore(tmp_path / ".mi")
    (store.root / "units" / "mix-1").mkdir(parents=True)
    (tmp_path / "x.lock").write_text("kept")
    with pytest.raises(CorruptError, match="is not a name"), store.lock(name):
        pass
    with pytest.raises(CorruptError, match="is not a name"):
        store.archive("r", "units", name)
    with pytest.raises(CorruptError, match="is not a name"):
        store.archive(name, "units", "mix-1") if name else store.prepare_work_dir(name)
    assert (tmp_path / "x.lock").read_text() == "kept"
    assert {path.name for path in tmp_path.iterdir()} <= {".mi", "x.lock"}


def test_a_store_that_does_not_fit_is_not_begun(
    theirs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, ours = LocalStore(theirs), LocalStore(tmp_path / "ours")
    plan = plan_merge(source, ours)
    monkeypatch.setattr(atomic, "free_space", lambda _: atomic.RESERVE + plan.size - 1)
    with pytest.raises(StoreError, match="MiB left"):
        apply_merge(plan, source, ours)
    assert not ours.root.exists()
