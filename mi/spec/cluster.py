"""What a unit takes of a cluster, by kind; steers where it runs and never what comes out."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class ResourceRequest:
    """What one unit takes of a machine.

    Args:
        cpus: Processors; threads that compute are as many.
        gpus: GPUs; several units may share one: 0.25.
        memory: Gigabytes of main memory; None: whatever there is.
    """

    cpus: float = 1.0
    gpus: float = 0.0
    memory: float | None = None


@attrs.frozen(kw_only=True)
class Cluster:
    """A Ray cluster, and what units take of it.

    Args:
        address: `HOST:PORT`, `auto`, `ray://HOST:PORT`; None: `RAY_ADDRESS`, else Ray is started
            on this machine.
        tries: How often a unit is begun again whose machine was lost.
    """

    address: str | None = None
    mix: ResourceRequest = ResourceRequest(cpus=0.1)
    train: ResourceRequest = ResourceRequest()
    eval: ResourceRequest = ResourceRequest()
    tries: int = 5

    def request(self, kind: str) -> ResourceRequest:
        """What a unit of a kind takes."""
        found: ResourceRequest = getattr(self, kind)
        return found
