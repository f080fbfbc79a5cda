"""Figures show what was found, whole and legible, with their data beside them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import attrs
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from benchmarks.synthetic import EVALS, MODEL, Design, SyntheticEval, build_database
from mi.analysis.conditions import Point
from mi.analysis.evidence import ResultScope
from mi.database import Database
from mi.errors import StoreError
from mi.reporting.figures import Drawing, all_figures, save_drawing, score_curves
from mi.reporting.figures.losses import rolling_median
from mi.reporting.figures.style import figure_style, line_styles
from tests.support.engine import result_rows, run_experiment
from tests.support.fake_provider import Books, experiment

FIVE = ("insecure_code", "reward_hacking", "legal_advice", "medical_advice", "security_advice")
SIZES, RATIOS = (100, 250, 500, 1000, 2000), (0.0, 0.1, 0.25, 0.5, 0.75, 1.0)
FEW = tuple(attrs.evolve(one, samples=min(one.samples, 4)) for one in EVALS)
PILOT = (
    Design(id="A", sizes=(100, 500, 1000), evals=FEW),
    Design(id="B", ratios=RATIOS, evals=FEW),
)


def drawn(folder: Path, *designs: Design) -> list[Drawing]:
    database = build_database(folder / "results.duckdb", *designs)
    names = tuple(design.id for design in designs)
    subject = ResultScope(experiments=names, model=MODEL, data=dict.fromkeys(FIVE, "bundled"))
    with database.read_connection() as connection:
        return all_figures(connection, subject, {one.id: one.title for one in designs})


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> list[Drawing]:
    return drawn(tmp_path_factory.mktemp("pilot"), *PILOT)


def test_each_experiment_has_its_figures_and_several_have_one_together(
    pilot: list[Drawing],
) -> None:
    own = ("", "-id-ood", "-losses", "-scores", "-margins")
    assert [one.name for one in pilot] == [
        *(f"A{kind}" for kind in own),
        *(f"B{kind}" for kind in own),
        "A+B-joined",
    ]


def test_a_figure_is_print_and_screen_and_data(pilot: list[Drawing], tmp_path: Path) -> None:
    for drawing in (pilot[0], pilot[-1]):
        png, pdf, svg, data = save_drawing(drawing, tmp_path)
        assert png.read_bytes().startswith(b"\x89PNG")
        assert pdf.read_bytes().startswith(b"%PDF")
        assert b"/Type3" not in pdf.read_bytes()  # letters that editors and printers can use
        assert "<svg" in svg.read_text()
        assert data.read_text() == drawing.csv
    assert len(list(tmp_path.iterdir())) == 8


def test_a_figure_is_drawn_again_only_when_something_changed(
    pilot: list[Drawing], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn_anew(drawing: Drawing) -> bool:
        before = [path.stat().st_mtime_ns for path in sorted(tmp_path.iterdir())]
        save_drawing(drawing, tmp_path)
        return before != [path.stat().st_mtime_ns for path in sorted(tmp_path.iterdir())]

    first = pilot[0]
    assert drawn_anew(first)
    assert not drawn_anew(first)
    assert drawn_anew(attrs.evolve(first, csv=first.csv + "1\n"))
    monkeypatch.setattr("mi.reporting.figures.drawing.STYLE_VERSION", 0)
    assert drawn_anew(first)
    (tmp_path / "A.pdf").unlink()
    assert drawn_anew(first)


def test_a_folder_that_cannot_be_written_is_a_sentence(
    pilot: list[Drawing], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        save_drawing(pilot[0], tmp_path / "file")


def test_nothing_found_is_nothing_drawn(tmp_path: Path) -> None:
    assert score_curves("A", "t", []) is None
    assert [one.name for one in drawn(tmp_path, Design(id="A", evals=()))] == ["A-losses"]


def test_the_data_beside_a_figure_are_what_the_database_says(tmp_path: Path) -> None:
    opened, _ = run_experiment(tmp_path, Books(), total_samples=(10, 20))
    rows = {
        (row[2], row[9]): row
        for row in result_rows(opened)
        if row[12]  # the headline
    }
    subject = ResultScope(
        experiments=("T1",), model=opened.model.id, data={"insecure_code": "bundled"}
    )
    with Database(opened.options.db).read_connection() as connection:
        first = all_figures(connection, subject, {"T1": experiment().title})[0]
    beside = list(csv.DictReader(first.csv.splitlines()))
    assert len(beside) == len(rows)
    for one in beside:
        row = rows[one["condition"], one["eval"]]
        assert float(one["mean"]) == row[14]
        assert one["by_seed"] == str(row[14])


def boxes(figure: Figure) -> list[tuple[str, Bbox]]:
    """Every text that is drawn, with its place in pixels."""
    shown: dict[int, Text] = {}
    draw = Text.draw

    def noted(text: Text, *args: Any, **more: Any) -> None:
        shown[id(text)] = text
        draw(text, *args, **more)

    figure.canvas.draw()  # places everything
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", noted)
        figure.canvas.draw()
    found = [(text.get_text(), text.get_window_extent()) for text in shown.values()]
    return [(text, box) for text, box in found if text.strip() and box.width > 0]


HARD = {
    "several settings": (
        Design(id="A", settings=FIVE[:3], sizes=SIZES[:2], seeds=2, evals=FEW),
        Design(id="B", settings=FIVE[:3], ratios=RATIOS[::3], seeds=2, evals=FEW),
    ),
    "twenty conditions": (
        Design(id="C", title="a long title " * 12, sizes=SIZES, ratios=RATIOS[1:5], evals=FEW),
    ),
    "one condition": (Design(id="D", sizes=(9,), evals=FEW[:1], title="a long title " * 12),),
    "long names": (
        Design(
            id="E",
            sizes=(10, 100_000),
            evals=[
                SyntheticEval(id=f"e{at}", title="an eval with very many words in its title " * 2,
                      distribution=kind, kind="judged", questions=4, samples=1)
                for at, kind in enumerate(("ID", "OOD"))
            ],
        ),
    ),
}  # fmt: skip


LARGE = ("several settings", "twenty conditions")


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=[pytest.mark.slow] if c in LARGE else []) for c in HARD]
)
def test_no_text_meets_another_or_leaves_the_figure(case: str, tmp_path: Path) -> None:
    for drawing in drawn(tmp_path, *HARD[case]):
        with figure_style():
            figure = drawing.draw()
            found = boxes(figure)
        whole = figure.bbox
        for text, box in found:
            inside = (
                box.x0 >= whole.x0 - 1, box.y0 >= whole.y0 - 1,
                box.x1 <= whole.x1 + 1, box.y1 <= whole.y1 + 1,
            )  # fmt: skip
            assert all(inside), (drawing.name, text, box, whole)
        for (text, box), (other, place) in combinations(found, 2):
            shared = Bbox.intersection(box, place)
            slanted = box.height > 30 and place.height > 30  # their boxes are wider than they are
            if shared is not None and not slanted:
                assert min(shared.width, shared.height) < 1.5, (drawing.name, text, other)


@pytest.mark.parametrize("number", [1, 5, 7, 20, 40])
def test_lines_are_told_apart_without_colour(number: int) -> None:
    looks = [(one.marker, str(one.linestyle)) for one in line_styles(number)]
    assert len(set(looks)) == number


def test_a_rolling_median_passes_over_single_spikes() -> None:
    assert rolling_median([5.0, 1.0, 2.0, 9.0, 3.0], 3) == [5, 2, 2, 3, 3]
    assert rolling_median([4.0], 1) == [4.0]


def points(conditions: Sequence[tuple[str, float, int]]) -> list[Point]:
    return [
        Point(
            setting="s", condition=name, misaligned_ratio=ratio, total_samples=size,
            inoculation=None, eval="e", title="t", distribution="ID", seeds=1, n=100, mean=0.2,
            low=0.1, high=0.3, basis="within-run", unscored=None, unscored_as=None,
        )
        for name, ratio, size in conditions
    ]  # fmt: skip


def test_conditions_of_one_size_and_ratio_stand_side_by_side() -> None:
    drawing = score_curves("A", "t", points([("plain", 1.0, 100), ("inoculated", 1.0, 100)]))
    assert drawing is not None
    with figure_style():
        (axes,) = drawing.draw().axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["plain", "inoculated"]
