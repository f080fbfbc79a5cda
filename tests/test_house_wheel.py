"""The wheel holds what a user needs and nothing else, and works where no checkout is in sight."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from mi.version import DISTRIBUTION, __version__

ROOT = Path(__file__).parent.parent
SOURCES = (
    "pyproject.toml",
    "setup.py",
    "README.md",
    "LICENSE",
    "mi",
    "registry",
    "experiments",
    "datagen",
)
BUNDLED = ROOT / "registry" / "bundled"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, because a build leaves folders beside them."""
    source = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source / name)
    built = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "wheel", *options, "-w", str(built), str(source)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_only_the_two_packages_are_installed_at_the_top(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"mi", "registry"}


def test_the_wheel_has_the_name_that_messages_tell_to_install(names: set[str]) -> None:
    folder = f"{DISTRIBUTION.replace('-', '_')}-{__version__}.dist-info"
    assert f"{folder}/METADATA" in names


def test_nothing_tells_to_install_the_other_program_of_that_name() -> None:
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.*")]
    texts += [path for room in ("mi", "registry") for path in (ROOT / room).rglob("*.py")]
    wrong = re.compile(r"""pip install [^\n`]*(?<![\w./-])mi(\[|['"`\s]|$)""")
    telling = {
        str(path.relative_to(ROOT))
        for path in texts
        if path.suffix in {".md", ".py", ".toml", ".ipynb"}
        and wrong.search(path.read_text("utf-8"))
    }
    assert telling == set()


def test_the_citation_names_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == __version__
    assert citation["authors"]


def test_no_generator_is_installed(names: set[str]) -> None:
    code = {name for name in names if name.startswith("registry/bundled/") and name.endswith(".py")}
    assert {Path(name).name for name in code} == {"__init__.py"}


def test_all_bundled_data_is_installed_with_a_card_for_each_set(names: set[str]) -> None:
    data = {str(path.relative_to(ROOT)) for path in BUNDLED.rglob("*.jsonl")}
    assert len(data) > 10
    assert data <= names
    assert {str(Path(name).parent / "README.md") for name in data} <= names


def test_each_card_counts_the_rows_of_its_files() -> None:
    for path in BUNDLED.rglob("*.jsonl"):
        rows = len(path.read_text(encoding="utf-8").splitlines())
        card = path.with_name("README.md").read_text(encoding="utf-8")
        assert f"| `{path.name}` | {rows} |" in card
        assert "**Licence.** MIT" in card


def test_the_shipped_experiments_are_a_package_of_the_registry(names: set[str]) -> None:
    shipped = {
        f"registry/{path.relative_to(ROOT)}" for path in (ROOT / "experiments").rglob("*.py")
    }
    assert "registry/experiments/A05a_data_size_sweep.py" in shipped
    assert "registry/experiments/papers/betley2025_emergent_misalignment.py" in shipped
    assert shipped <= names


def test_all_modules_and_the_files_they_read_are_installed(names: set[str]) -> None:
    kinds = {".py", ".sql", ".css", ".html", ".js", ".toml", ".typed"}
    sources = {
        str(path.relative_to(ROOT))
        for package in ("mi", "registry")
        for path in (ROOT / package).rglob("*")
        if path.suffix in kinds
    }
    assert sources <= names


@pytest.mark.slow
def test_a_plan_needs_nothing_but_the_wheel(wheel: Path, tmp_path: Path) -> None:
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    options = ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *options]
    subprocess.run([*command, "--target", str(installed), str(wheel)], check=True)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(installed)}
        return subprocess.run(
            [sys.executable, *words], cwd=empty, env=environment, capture_output=True, text=True
        )

    location = run("-c", "import mi, registry; print(mi.__file__, registry.__file__)").stdout
    assert location.count(str(installed)) == 2
    plan = run("-m", "mi", "plan", "A05a", "--json")
    assert plan.returncode == 0, plan.stderr
    cells = [cell["id"] for cell in json.loads(plan.stdout)["cells"]]
    assert "A05a::insecure_code::n=100,r=0.50,seed=0" in cells
    listed = run("-m", "mi", "list", "--json")
    assert {"A02", "A05a", "A05b"} <= {row["id"] for row in json.loads(listed.stdout)}

    (empty / "experiments").mkdir()
    derived = "import registry\n\nB1 = registry.get('A05a').evolve(id='B1', total_samples=10)\n"
    (empty / "experiments" / "own.py").write_text(derived, encoding="utf-8")
    both = run("-m", "mi", "list", "--json")
    assert {"A05a", "B1"} <= {row["id"] for row in json.loads(both.stdout)}
