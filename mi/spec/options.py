"""Options of a run: they never change a result, so they are never part of an identity."""

from __future__ import annotations

from pathlib import Path

import attrs

from .cluster import Cluster

LEASE_SECONDS = 60.0
"""How long a process may send no heartbeat before others take over the units it holds."""


def is_url(location: object) -> bool:
    """Whether the location of a store is an address that machines share, not a path."""
    return isinstance(location, str) and "://" in location


@attrs.frozen(kw_only=True)
class RunOptions:
    """Where results go and how much a run may do.

    Args:
        root: The project's root directory.
        store: Directory of the units, or an address that several machines share.
        db: The DuckDB file.
        figures: Directory of the figures.
        full: Run everything that is declared, not only the pilot.
        max_cost: Budget of the run in US dollars; None: no budget was set.
        store_limit: The most that all runs on the store together may spend, in US dollars; None: no
            limit.
        judges: Judge models, `provider:name` each, that replace the declared ones; `none` skips
            evals that need a judge model. Empty: the declared ones for a hosted model, none for a
            local one, so that a free run stays free.
        votes: Replies per answer of a judge without logprobs; None: as declared.
        rejudge: Only judge existing answers; send the model under test nothing.
        retry_failed: Also retry permanent failures.
        max_concurrent: Maximum number of units at the same time; None: the provider's limit.
        max_failures: Start no unit after this many failures; None: no limit.
        executor: Where units run.
        probe: Ask judges about answers whose verdicts are known, before anything is bought.
        lease_timeout: Seconds without a heartbeat after which a lease in a shared store expires.
        ray: The cluster of the executor `ray`.
    """

    root: Path
    store: Path | str
    db: Path
    figures: Path
    full: bool = False
    max_cost: float | None = None
    store_limit: float | None = None
    judges: tuple[str, ...] = ()
    votes: int | None = None
    rejudge: bool = False
    retry_failed: bool = False
    max_concurrent: int | None = None
    max_failures: int | None = None
    executor: str = "process"
    probe: bool = True
    lease_timeout: float = LEASE_SECONDS
    ray: Cluster = Cluster()

    def display_path(self, path: Path | str) -> str:
        """A path for messages: relative to the root if it lies below it."""
        return str(path).removeprefix(f"{self.root}/")
