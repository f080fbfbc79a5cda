"""Collection finds declarations as pytest finds tests."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import registry
from mi.collect.select import select_cells
from mi.errors import MiError
from tests.support.project import Project

ROOT = Path(__file__).parent.parent
DERIVED = """
import registry

{name} = registry.get("{base}").evolve(id="{id}", total_samples=({sizes}))
"""


def run_python(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, capture_output=True, text=True, env=environment
    )


def derived(id: str, base: str = "A05a", sizes: str = "10, 20") -> str:
    return DERIVED.format(name=id.replace("-", "_"), id=id, base=base, sizes=sizes)


def test_an_experiment_in_a_folder_of_ones_own_derives_from_a_shipped_one(project: Project) -> None:
    project.file("mine.py", derived("A06"))
    plan = project.mi("plan", "A06", "--json").json
    assert [cell["id"] for cell in plan["cells"]][:2] == [
        "A06::insecure_code::baseline",
        "A06::insecure_code::n=10,r=0.50,seed=0",
    ]


def test_an_experiments_folder_is_collected_and_nothing_beside_it(project: Project) -> None:
    project.file("experiments/one.py", derived("B1"))
    project.file("analysis.py", "import mi\nraise RuntimeError('a script was imported')")
    done = project.mi("list", "B*", "--json")
    assert [row["id"] for row in done.json] == ["B1"]


TRAINING_SCRIPT = "raise RuntimeError('a script of another project was imported')\n"
OWN_REGISTRY = "from registry import models\n# one Experiment a model\n" + TRAINING_SCRIPT


@pytest.mark.parametrize("table", ["", "[tool.mi]\n", "[tool.mi]\nexperiments = ['experiments']\n"])
def test_scripts_that_do_not_import_mi_are_left_out_and_said_to_be(
    project: Project, table: str
) -> None:
    project.file("pyproject.toml", table)
    project.file("experiments/train_model.py", TRAINING_SCRIPT)
    project.file("experiments/one.py", derived("B1"))
    done = project.mi("list", "B*", "--json")
    assert [row["id"] for row in done.json] == ["B1"]
    if table:
        assert "train_model.py is left out: it imports neither mi nor registry" in (
            project.mi("list", "B*").err
        )
        assert "not collected: train_model.py" in project.mi("run", "model").err


def test_a_file_that_declares_through_a_helper_of_its_own_is_collected(project: Project) -> None:
    project.file("pyproject.toml", "[tool.mi]\n")
    project.file("experiments/_sizes.py", "import registry\nbase = registry.get('A05a')\n")
    project.file(
        "experiments/one.py",
        "import sys, pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent))\n"
        "from _sizes import base\nB1 = base.evolve(id='B1')\n",
    )
    assert [row["id"] for row in project.mi("list", "B*", "--json").json] == ["B1"]


def test_a_package_registry_of_another_project_makes_no_file_ours(project: Project) -> None:
    project.file("registry/__init__.py", "models = {}\n")
    project.file("experiments/train_model.py", OWN_REGISTRY)
    done = project.mi("list", "A05a")
    assert done.code == 0
    assert "registry/ is left out: the package `registry` of mi goes before it" in done.err


@pytest.mark.parametrize("first", ["import registry; ", ""])
def test_from_mi_import_registry_names_ours_whatever_lies_in_the_folder(
    tmp_path: Path, first: str
) -> None:
    (tmp_path / "registry.py").write_text("own = True\n")
    code = (
        f"{first}from mi import registry as ours\n"
        "assert len(ours.settings) >= 5 and ours.prices()\n"
        "print(ours.get('A05a').id, 'insecure_code' in ours.settings)\n"
        "from mi.data.datasets import _read_resource\n"
        "print(len(_read_resource(ours.evals.broad_preference.pairs)) > 100)\n"
        "import registry\n"
        f"print(hasattr(registry, 'own') == {bool(first)})\n"
    )
    done = run_python("-c", code, cwd=tmp_path)
    assert done.stdout.split() == ["A05a", "True", "True", "True"], done.stderr


def test_an_import_of_the_hidden_package_is_explained(project: Project) -> None:
    project.file("registry/__init__.py", "models = {}\n")
    project.file("pyproject.toml", "[tool.mi]\n")
    project.file("experiments/one.py", "from registry.mine import it\n")
    done = project.mi("list")
    assert done.code == 4
    assert "the package `registry` of mi goes before it; rename it" in done.err


def test_a_file_beside_the_experiments_is_said_to_be_left_out(project: Project) -> None:
    project.file("experiments/one.py", derived("B1"))
    project.file("study.py", derived("B2"))
    done = project.mi("list", "B*")
    assert "B2" not in done.out
    assert "study.py is left out: it is beside experiments/" in done.err


@pytest.mark.parametrize("words", [(), (".",), ("experiments",)])
def test_pytest_does_not_import_the_scripts_of_another_project(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "train_model.py").write_text(TRAINING_SCRIPT)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text("def test_it():\n    pass\n")
    (tmp_path / "pyproject.toml").write_text("[tool.other]\n")
    loaded = ("-p", "mi.pytest_plugin", "-p", "no:cacheprovider")
    done = run_python("-m", "pytest", "-q", *loaded, *words, "tests", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_a_script_beside_the_experiments_is_not_run(project: Project) -> None:
    project.file("mine.py", derived("B1"))
    project.file("analysis.py", "import mi\nprint(mi.results())")
    assert [row["id"] for row in project.mi("list", "B*", "--json").json] == ["B1"]


@pytest.mark.parametrize("how", ["utf-8-sig", "latin-1"])
def test_a_file_in_another_encoding_is_one_all_the_same(project: Project, how: str) -> None:
    first = "# coding: latin-1 \u00e9\n" if how == "latin-1" else ""
    project.file("mine.py", "").write_bytes((first + derived("B1")).encode(how))
    assert [row["id"] for row in project.mi("list", "B*", "--json").json] == ["B1"]


def test_what_a_file_prints_is_no_part_of_an_answer(project: Project) -> None:
    project.file("mine.py", derived("B1") + "\nprint('hello')\n")
    done = project.mi("list", "B*", "--json")
    assert [row["id"] for row in done.json] == ["B1"]
    assert "hello" in done.err


def test_a_file_with_a_slip_is_told_and_not_passed_over(project: Project) -> None:
    project.file("mine.py", "from mi import Experiment\nB1 = Experiment(id='B1'\n")
    project.file("other.py", "print 'of another Python'\n")
    done = project.mi("list")
    assert done.code == 4
    assert "mine.py:2: SyntaxError" in done.err
    assert "other.py" not in done.err


def test_the_order_of_files_does_not_matter_to_what_builds_on_what(project: Project) -> None:
    project.file("experiments/a.py", derived("C1", base="C2", sizes="30, 40"))
    project.file("experiments/b.py", derived("C2", base="C3"))
    project.file("experiments/c.py", derived("C3"))
    rows = project.mi("list", "C*", "--json").json
    assert [row["id"] for row in rows] == ["C1", "C2", "C3"]


def test_experiments_that_build_on_each_other_in_a_circle_are_an_error(project: Project) -> None:
    project.file("experiments/a.py", derived("D1", base="D2"))
    project.file("experiments/b.py", derived("D2", base="D1"))
    done = project.mi("list")
    assert done.code == 4
    assert "there is no experiment 'D" in done.err


def test_all_broken_declarations_are_told_in_one_report(project: Project) -> None:
    project.file("experiments/one.py", "def broken(:\nimport mi")
    project.file("experiments/two.py", "from mi import Experiment\nraise ValueError('no good')")
    project.file("experiments/three.py", derived("E1").replace("(10, 20)", "(0,)"))
    done = project.mi("run", "A05a")
    assert done.code == 4
    assert "3 errors" in done.err
    assert "one.py:1: SyntaxError" in done.err
    assert "two.py:2: ValueError: no good" in done.err
    assert "E1 @ $.total_samples[0]" in done.err
    assert "Traceback" not in done.err


def test_two_experiments_of_one_id_are_an_error_that_names_both_files(project: Project) -> None:
    project.file("experiments/one.py", derived("F1"))
    project.file("experiments/two.py", derived("F1"))
    done = project.mi("list")
    assert done.code == 4
    assert "two experiments are called 'F1'" in done.err
    assert "one.py" in done.err
    assert "two.py" in done.err


def test_importing_an_experiment_from_another_file_is_no_second_one(project: Project) -> None:
    project.file("experiments/g1.py", derived("G1"))
    project.file("experiments/g2.py", "import registry\nG1 = registry.get('G1')\n" + derived("G2"))
    assert [row["id"] for row in project.mi("list", "G*", "--json").json] == ["G1", "G2"]


@pytest.mark.parametrize(
    ("word", "code", "hint"),
    [("A05d", 4, "A05a"), ("a05a", 4, "A05a"), ("Z*", 5, "A05a"), ("no.py", 4, "no such file")],
)
def test_an_unknown_name_suggests_the_nearest(
    project: Project, word: str, code: int, hint: str
) -> None:
    done = project.mi("plan", word)
    assert done.code == code
    assert hint in done.err


def test_a_file_and_a_cell_can_be_selected(project: Project) -> None:
    project.file("elsewhere/h.py", derived("H1"))
    plan = project.mi("plan", "elsewhere/h.py", "--json").json
    assert {cell["experiment"] for cell in plan["cells"]} == {"H1"}
    cell = "A05a::insecure_code::n=250,r=0.50,seed=2"
    assert [one["id"] for one in project.mi("plan", cell, "--json").json["cells"]] == [cell]


def test_it_works_from_a_folder_below_the_root(project: Project) -> None:
    project.file("experiments/one.py", derived("I1"))
    project.file("notes/deep/readme.txt", "")
    below = Project(project.root / "notes" / "deep")
    assert [row["id"] for row in below.mi("list", "I*", "--json").json] == ["I1"]


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_word_ends_in_a_traceback(word: str) -> None:
    with suppress(MiError):
        select_cells(registry.collect(), [word], full=True)
    with suppress(MiError):
        select_cells(registry.collect(), [f"A05a::{word}"], full=True)
