"""What a cluster is asked for."""

from __future__ import annotations

import pytest

from mi.runner.scheduler import UNIT_KINDS
from mi.spec import Cluster, ResourceRequest


@pytest.mark.parametrize("kind", UNIT_KINDS)
def test_every_kind_of_unit_requests_something(kind: str) -> None:
    assert Cluster().request(kind).cpus > 0


def test_a_replay_requests_what_its_training_did() -> None:
    request = ResourceRequest(cpus=4, gpus=1)
    assert Cluster(train=request).request("replay") == request
