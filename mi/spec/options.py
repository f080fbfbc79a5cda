"""What steers a run and never changes a result, so never enters an identity."""

from __future__ import annotations

from pathlib import Path

import attrs


@attrs.frozen(kw_only=True)
class RunOptions:
    """Where results go and how much a run may do.

    Args:
        root: The project's folder.
        store: Folder of the units.
        db: The DuckDB file.
        figures: Folder of the figures.
        full: Run everything that is declared, not only the pilot.
    """

    root: Path
    store: Path
    db: Path
    figures: Path
    full: bool = False
