"""A figure with its data, and the files it is saved as.

A figure is drawn again only if its text, its data or the style differ from the saved ones.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ...errors import StoreError
from ...files.atomic import temporary_path, write_atomic
from ...units.identity import digest
from .style import STYLE_VERSION, figure_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FORMATS = ("png", "pdf", "svg")


@attrs.frozen(kw_only=True, eq=False)
class Drawing:
    """One figure.

    Args:
        name: Of the files, without a suffix.
        title: What it shows.
        caption: How to read it, including intervals and smoothing.
        csv: Its data.
        draw: Draws the figure, with this title and caption.
    """

    name: str
    title: str
    caption: str
    csv: str
    draw: Callable[[], Figure]

    @property
    def fingerprint(self) -> str:
        """A digest of everything that determines the files."""
        return digest("\0".join((str(STYLE_VERSION), self.title, self.caption, self.csv)))

    def svg(self) -> str:
        """The figure as SVG, with letters as paths so that it looks the same everywhere."""
        out = io.StringIO()
        with figure_style():
            self.draw().savefig(out, format="svg", metadata=_metadata("svg", self))
        return out.getvalue()


def save_drawing(drawing: Drawing, directory: Path) -> list[Path]:
    """Save a drawing as PNG, PDF, SVG and CSV, unless the files are up to date.

    Returns:
        The files, the PNG first.

    Raises:
        StoreError: The directory cannot be written.
    """
    files = [directory / f"{drawing.name}.{kind}" for kind in (*_FORMATS, "csv")]
    if all(file.exists() for file in files) and _has_fingerprint(files[2], drawing.fingerprint):
        return files
    try:
        directory.mkdir(parents=True, exist_ok=True)
        files[2].unlink(missing_ok=True)  # it holds the fingerprint, so it is written last
        with figure_style():
            figure = drawing.draw()
            for file in files[:3]:
                temporary = temporary_path(file)
                kind = file.suffix[1:]
                figure.savefig(temporary, format=kind, metadata=_metadata(kind, drawing))
                if kind == "svg":
                    write_atomic(files[3], drawing.csv)
                temporary.replace(file)
    except OSError as error:
        raise StoreError(f"cannot be written ({error.strerror})", where=str(directory)) from None
    return files


def _metadata(kind: str, drawing: Drawing) -> dict[str, Any]:
    if kind == "svg":
        return {"Title": drawing.title, "Description": drawing.fingerprint, "Date": None}
    undated: dict[str, Any] = {"CreationDate": None} if kind == "pdf" else {}
    return {"Title": drawing.title, **undated}


def _has_fingerprint(path: Path, fingerprint: str) -> bool:
    with path.open(encoding="utf-8") as file:
        return fingerprint in file.read(4000)


def csv_text(kind: type, records: Sequence[Any]) -> str:
    """Attrs objects as CSV, one row each; the items of a tuple are separated by spaces.

    A field's metadata may give its `column` another name, or None for a field that is not written:
    files that were saved keep their columns.
    """
    columns = {f.name: f.metadata.get("column", f.name) for f in attrs.fields(kind)}
    columns = {name: column for name, column in columns.items() if column}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns.values())
    for record in records:
        writer.writerow(
            " ".join(map(str, value)) if isinstance(value, tuple) else value
            for value in (getattr(record, name) for name in columns)
        )
    return out.getvalue()
