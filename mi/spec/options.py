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
        max_cost: The most that may be spent, in US dollars; None: nothing was said.
        judge: The judge model for evals that need one, `provider:name`, in place of the declared
            ones; `none` leaves such evals out. None: the declared ones for a hosted model, none
            for a local one, so that what is free stays free.
        retry_failed: Try again even what is likely to fail again.
    """

    root: Path
    store: Path
    db: Path
    figures: Path
    full: bool = False
    max_cost: float | None = None
    judge: str | None = None
    retry_failed: bool = False

    def short(self, path: Path) -> str:
        """A path as people read it: relative where it lies in the project."""
        return str(path).removeprefix(f"{self.root}/")
