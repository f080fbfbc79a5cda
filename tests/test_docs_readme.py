"""Every command block of the README runs, in its order, in one folder."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hosted import loopback
from tests.support.project import Project
from tests.support.tiny_model import make_tiny_model

README = Path(__file__).parent.parent / "README.md"
_BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
_NAMED = re.compile(r"`(\w+\.py)`")


def blocks() -> list[tuple[str, str, str | None]]:
    """Language, text, and the file name that the words before a block give it."""
    text = README.read_text(encoding="utf-8")
    found, end = [], 0
    for match in _BLOCK.finditer(text):
        named = _NAMED.findall(text[end : match.start()])
        found.append((match.group(1), match.group(2), named[-1] if named else None))
        end = match.end()
    return found


@pytest.fixture
def sandbox(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A folder where the default model is a tiny one and the hosted one is at the loopback."""
    model = make_tiny_model(tmp_path / "tiny")
    monkeypatch.setenv("MI_MODEL", f"local:{model}")
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))
    with loopback() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield project


@pytest.mark.slow
def test_every_block_runs(sandbox: Project) -> None:
    ran = 0
    for language, text, name in blocks():
        if language == "python" and name:
            sandbox.file(name, text)
        elif language == "python":
            subprocess.run([sys.executable, "-c", text], cwd=sandbox.root, check=True)
            ran += 1
        elif language == "sh" and "make" not in text:
            for line in text.splitlines():
                done = subprocess.run(
                    ["bash", "-c", line.replace("mi ", f"{sys.executable} -m mi ", 1)],
                    cwd=sandbox.root,
                    env=sandbox.environment(),
                    capture_output=True,
                    text=True,
                )
                assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
                ran += 1
    assert ran >= 12
    derived = sandbox.mi("list", "B*", "--json").json
    assert {row["id"] for row in derived} == {"B01", "B02", "B03", "B04", "B05", "B06"}


def test_the_targets_it_names_exist() -> None:
    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE):
        assert f"\n{target}:" in makefile


def test_the_files_it_links_to_exist() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (README.parent / link).exists(), link
