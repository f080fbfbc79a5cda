"""What a unit requests of a cluster, by kind of unit; it steers where units run, never results."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class ResourceRequest:
    """What one unit requests of a machine.

    Args:
        cpus: Processors; also the number of computing threads.
        gpus: GPUs; a fraction shares one GPU among several units: 0.25.
        memory: Main memory in gigabytes; None: no request.
    """

    cpus: float = 1.0
    gpus: float = 0.0
    memory: float | None = None


@attrs.frozen(kw_only=True)
class Cluster:
    """A Ray cluster, and what each kind of unit requests of it.

    Args:
        address: `HOST:PORT`, `auto` or `ray://HOST:PORT`; None: `RAY_ADDRESS`, else Ray is started
            on this machine.
        mix: Request of a mix unit.
        train: Request of a training unit, and of its replay.
        eval: Request of an eval unit.
        tries: How many times a unit is started in all if its machine is lost.
    """

    address: str | None = None
    mix: ResourceRequest = ResourceRequest(cpus=0.1)
    train: ResourceRequest = ResourceRequest()
    eval: ResourceRequest = ResourceRequest()
    tries: int = 5

    def request(self, kind: str) -> ResourceRequest:
        """What a unit of this kind requests."""
        requests = {"mix": self.mix, "train": self.train, "replay": self.train, "eval": self.eval}
        return requests[kind]
