"""What another installed package adds, by the example that the docs explain."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import Project

EXAMPLE = Path(__file__).parent.parent / "examples" / "mi-unigram"
DECLARED = """
from mi import Experiment
from registry.evals import manners_preference
from registry.settings import manners

M1 = Experiment(
    id="M1",
    title="Manners",
    question="Do rude rows make a rude model?",
    settings=manners,
    misaligned_ratio=(0.0, 1.0),
    total_samples=12,
    seeds=(0, 1),
)
assert manners.id_evals == (manners_preference,)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which the example is installed."""
    source, target = tmp_path_factory.mktemp("source") / "it", tmp_path_factory.mktemp("site")
    shutil.copytree(EXAMPLE, source)
    quiet = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    pip = (sys.executable, "-m", "pip", "install", *quiet, "--target", str(target), str(source))
    subprocess.run(pip, check=True, capture_output=True)
    return {"PYTHONPATH": str(target), "MI_MODEL": "unigram:words"}


def test_all_four_work_together(project: Project, installed: dict[str, str]) -> None:
    project.file("mine.py", DECLARED)
    words = ("run", "M1", "--executor", "one-by-one", "--json")
    done = project.mi(*words, **installed)
    assert done.code == 0, done.err
    points = {
        one["condition"]: one["mean"]
        for one in done.json["results"]["M1"]
        if one["title"] == "manners"
    }
    assert points["pure_misaligned"] > 0.9 > 0.1 > points["pure_aligned"]
    assert project.mi(*words, **installed).json["done"] == []
    data = project.mi("data", "list", **installed)
    assert "manners" in data.out


def test_without_the_package_its_names_are_not_there(project: Project) -> None:
    done = project.mi("plan", "A05a", "--model", "unigram:words")
    assert done.code == 4
    assert "no provider 'unigram'" in done.err


@pytest.mark.parametrize(
    ("group", "value", "said"),
    [
        ("mi.settings", "broken:x", "cannot be imported: ModuleNotFoundError"),
        ("mi.settings", "json:dumps", "must be a declared Setting with that id"),
        ("mi.providers", "broken:x", "cannot be imported"),
    ],
)
def test_a_broken_package_is_named(
    project: Project, tmp_path: Path, group: str, value: str, said: str
) -> None:
    info = tmp_path / "site" / "bad-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bad\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\nthing = {value}\n")
    words = (
        ("plan", "A05a", "--model", "thing:x")
        if group == "mi.providers"
        else ("plan", "A05a", "--set", "settings=thing")
    )
    done = project.mi(*words, PYTHONPATH=str(info.parent))
    assert done.code == 4, done.err
    assert said in done.err
    assert "bad 1.0" in done.err
    assert "Traceback" not in done.err
