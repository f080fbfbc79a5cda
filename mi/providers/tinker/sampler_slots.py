"""Models that a server must hold in memory to sample from them.

The hosted service samples from whatever was saved. SkyRL samples from a trained model only while a
training run that saved it is loaded, which ends with the process that drives it. There a model is
seated: a run is made from its state, saves it for sampling, and trains nothing. Few are seated at a
time, because they share the room with trainings; the one that was asked longest ago makes way.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import attrs

from ..trained_model import Tuned
from ..types import Watch
from .backoff import with_room
from .client import Server
from .errors import status_of, told, words_of
from .futures import result

if TYPE_CHECKING:
    from tinker import TrainingClient

SEATS = 3
NAME = "seated"
TRIES = 3
"""Places of a model that may be lost before it is given up: a server may start anew."""


def is_gone(error: BaseException) -> bool:
    """The server does not hold the model that was asked."""
    return status_of(error) in (400, 404) and "not loaded" in words_of(error).lower()


@attrs.define
class Seats:
    """Who is seated at a server, by the path of what was trained."""

    server: Server
    needed: bool = False
    taken: OrderedDict[str, tuple[str, TrainingClient]] = attrs.field(factory=OrderedDict)
    gone: dict[str, set[str]] = attrs.field(factory=dict)

    def path(self, tuned: Tuned, watch: Watch) -> str:
        """Where to sample from a trained model.

        Raises:
            ProviderError: The server does not load it.
        """
        if not self.needed or tuned.state is None:
            return tuned.model
        if tuned.model not in self.taken:
            while len(self.taken) >= SEATS:
                _, (_, client) = self.taken.popitem(last=False)
                with suppress(Exception):
                    unload(client)
            self.taken[tuned.model] = self._seated(tuned.state, watch)
        self.taken.move_to_end(tuned.model)
        return self.taken[tuned.model][0]

    def lost(self, tuned: Tuned, path: str) -> bool:
        """The server does not hold what was asked at `path`; whether another try may help."""
        self.needed = True
        gone = self.gone.setdefault(tuned.model, set())
        gone.add(path)
        if tuned.model in self.taken and self.taken[tuned.model][0] == path:
            del self.taken[tuned.model]
        return tuned.state is not None and len(gone) <= TRIES

    def close(self) -> None:
        """Give the room back."""
        while self.taken:
            _, (_, client) = self.taken.popitem()
            with suppress(Exception):
                unload(client)

    def _seated(self, state: str, watch: Watch) -> tuple[str, TrainingClient]:
        service, client = self.server.service(watch), None
        try:
            client = with_room(
                lambda: service.create_training_client_from_state(state), "loading a model", watch
            )
            path = result(client.save_weights_for_sampler(NAME), watch).path
        except Exception as error:
            if client is not None:
                with suppress(Exception):
                    unload(client)
            raise told(error, self.server.key, f"loading {state}", lasting=False) from None
        return path, client


def unload(client: Any) -> None:
    """Have the server forget a run's weights and optimiser; what was saved stays."""
    from tinker.lib.client_connection_pool_type import ClientConnectionPoolType
    from tinker.types import UnloadModelRequest

    async def send() -> None:
        with client.holder.aclient(ClientConnectionPoolType.TRAIN) as line:
            await line.models.unload(request=UnloadModelRequest(model_id=client.model_id))

    client.holder.run_coroutine_threadsafe(send()).result(timeout=5.0)
