"""Figures are drawn from points, and again only when the points change."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from mi.errors import StoreError
from mi.plot import plot
from mi.summary import Point


def points(*, ratios: tuple[float, ...], totals: tuple[int, ...], seeds: int = 1) -> list[Point]:
    common = {"setting": "s", "seeds": seeds, "n": 100, "unscored": None, "unscored_as": None}
    common |= {"inoculation": None, "basis": "within-run" if seeds == 1 else "over seeds"}
    made = []
    for eval_id, distribution in (("a", "ID"), ("b", "OOD")):
        one = {**common, "eval": eval_id, "title": "title", "distribution": distribution}
        none = {**one, "condition": "baseline", "misaligned_ratio": None, "total_samples": None}
        made.append(Point(**{**none, "seeds": 0}, mean=0.1, low=0.05, high=0.2))
        made += [
            Point(
                **one,
                condition=f"{ratio}_{total}",
                misaligned_ratio=ratio,
                total_samples=total,
                mean=ratio / 2,
                low=ratio / 4,
                high=ratio / 2 + 0.2,
            )
            for ratio in ratios
            for total in totals
        ]
    return made


@pytest.mark.parametrize(
    ("ratios", "totals"),
    [
        ((0.5,), (100, 500, 1000)),
        ((0.0, 0.5, 1.0), (1000,)),
        ((0.0, 1.0), (10, 20)),
        ((0.5,), (9,)),
    ],
)
def test_a_figure_is_a_png_and_a_pdf_with_its_data(
    tmp_path: Path, ratios: tuple[float, ...], totals: tuple[int, ...]
) -> None:
    made = points(ratios=ratios, totals=totals)
    png, pdf = plot("A", "a title", made, tmp_path)
    assert png.read_bytes().startswith(b"\x89PNG")
    assert pdf.read_bytes().startswith(b"%PDF")
    assert len((tmp_path / "A.csv").read_text().splitlines()) == len(made) + 1
    assert {path.name for path in tmp_path.iterdir()} == {"A.png", "A.pdf", "A.csv"}


def test_a_figure_is_drawn_again_only_when_its_points_change(tmp_path: Path) -> None:
    made = points(ratios=(0.5,), totals=(10, 20))
    png = plot("A", "t", made, tmp_path)[0]
    first = png.stat().st_mtime_ns
    plot("A", "t", made, tmp_path)
    assert png.stat().st_mtime_ns == first
    plot("A", "t", points(ratios=(0.5,), totals=(10, 30)), tmp_path)
    assert png.stat().st_mtime_ns != first


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        plot("A", "t", points(ratios=(0.5,), totals=(10,)), tmp_path / "file")


def test_conditions_of_one_size_and_ratio_stand_side_by_side(tmp_path: Path) -> None:
    made = points(ratios=(1.0,), totals=(1000,))
    made += [attrs.evolve(point, condition="inoculated_task") for point in made if point.seeds]
    assert plot("A", "t", made, tmp_path)[0].read_bytes().startswith(b"\x89PNG")
