"""What steers a run and never changes a result, so never enters an identity."""

from __future__ import annotations

from pathlib import Path

import attrs

from .cluster import Cluster


def is_url(location: object) -> bool:
    """Whether a store is named by an address that machines share, and not by a path."""
    return isinstance(location, str) and "://" in location


@attrs.frozen(kw_only=True)
class RunOptions:
    """Where results go and how much a run may do.

    Args:
        root: The project's folder.
        store: Folder of the units, or an address that several machines share.
        claim: Seconds a process at a unit may be silent before others take it over there.
        db: The DuckDB file.
        figures: Folder of the figures.
        full: Run everything that is declared, not only the pilot.
        max_cost: The most that may be spent, in US dollars; None: nothing was said.
        judges: The judge models for evals that need one, `provider:name` each, in place of the
            declared ones; `none` leaves such evals out. Empty: the declared ones for a hosted
            model, none for a local one, so that what is free stays free.
        votes: How often a judge without logprobs is asked of each answer; None: as declared.
        rejudge: Only judge answers that are there; ask the model under test nothing.
        retry_failed: Try again even what is likely to fail again.
        at_once: Units at work at the same time, at most; None: as many as the provider takes.
        max_failures: Start nothing more after so many failures; None: whatever fails.
        executor: Where units run.
        ray: The cluster of the executor `ray`.
    """

    root: Path
    store: Path | str
    db: Path
    figures: Path
    full: bool = False
    max_cost: float | None = None
    judges: tuple[str, ...] = ()
    votes: int | None = None
    rejudge: bool = False
    retry_failed: bool = False
    max_concurrent: int | None = None
    max_failures: int | None = None
    executor: str = "process"
    lease_timeout: float = 60.0
    ray: Cluster = Cluster()

    def display_path(self, path: Path | str) -> str:
        """A path as people read it: relative where it lies in the project."""
        return str(path).removeprefix(f"{self.root}/")
