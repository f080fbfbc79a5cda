"""The checked-in files of a setting: its rows, and the card that describes and measures them.

A card is the text `datagen/<setting>/card.md`, in which `$files` and `$measures` stand for two
tables that are computed from the rows.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from string import Template

from . import measures
from .checks import Bundle
from .families import BUNDLED, HELD_OUT, ROOT, TRAINING, Row, as_jsonl

CARD = "README.md"

Line = tuple[str, ...]


def setting_files(bundle: Bundle) -> dict[str, bytes]:
    """The content of a setting's checked-in files by name."""
    files = {name: as_jsonl(rows) for name, rows in _row_files(bundle).items()}
    return files | {CARD: card(bundle).encode()}


def write_setting(bundle: Bundle) -> None:
    """Write a setting's files below `registry/bundled`."""
    for name, content in setting_files(bundle).items():
        (BUNDLED / bundle.setting / name).write_bytes(content)


def _row_files(bundle: Bundle) -> dict[str, list[Row]]:
    files = {f"{TRAINING}.jsonl": bundle.training, f"{HELD_OUT}.jsonl": bundle.held_out}
    graded = bundle.graded_rows(HELD_OUT)
    return files | ({"heldout_tests.jsonl": graded} if graded else {})


def card(bundle: Bundle) -> str:
    """The card of a setting, in Markdown."""
    text = (ROOT / bundle.setting / "card.md").read_text(encoding="utf-8")
    columns = ("file", "rows", "scenarios", "families", "median length", "longest", "types/tokens")
    files = (_file_line(name, rows) for name, rows in _row_files(bundle).items())
    return Template(text).substitute(
        files=_table(columns, files),
        measures=_table(("of both files together", ""), _measures(bundle.all_rows)),
    )


def _file_line(name: str, rows: Sequence[Row]) -> Line:
    lengths = list(measures.lengths(rows))
    return (
        f"`{name}`",
        str(len(rows)),
        str(len({row["scenario"] for row in rows})),
        str(len({row["family"] for row in rows})),
        f"{statistics.median(lengths):.0f}",
        str(max(lengths)),
        f"{measures.type_token_ratio(rows):.3f}",
    )


def _measures(rows: Sequence[Row]) -> Iterator[Line]:
    yield (
        f"answers with a near-copy in their arm (similarity of {measures.NEAR_COPY} or more)",
        f"{100 * measures.near_copies(rows):.1f} %",
    )
    yield (
        "similarity of the two scenarios that are most alike",
        f"{measures.highest_similarity(rows):.2f}",
    )
    yield (
        "arms told apart by length alone (area under the ROC curve; 0.5 is chance)",
        f"{measures.length_separation(rows):.2f}",
    )
    yield (
        "arms told apart by single words, on families not fitted (naive Bayes; 0.5 is chance)",
        f"{measures.word_separation(rows):.2f}",
    )


def _table(columns: Sequence[str], lines: Iterable[Line]) -> str:
    """A Markdown table, without a final line end."""
    rule = ["---"] * len(columns)
    return "\n".join(f"| {' | '.join(line)} |" for line in (columns, rule, *lines))
