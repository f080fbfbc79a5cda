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

from ..trained_model import TrainedModel
from ..types import Monitor
from .backoff import retry_while_full
from .client import Server
from .errors import error_message, http_status, translate_error
from .futures import wait_result

if TYPE_CHECKING:
    from tinker import TrainingClient

MAX_SLOTS = 3
SAMPLER_NAME = "seated"
MAX_RELOADS = 3
"""Places of a model that may be lost before it is given up: a server may start anew."""


def is_model_unloaded(error: BaseException) -> bool:
    """The server does not hold the model that was asked."""
    return http_status(error) in (400, 404) and "not loaded" in error_message(error).lower()


@attrs.define
class SamplerSlots:
    """Who is seated at a server, by the path of what was trained."""

    server: Server
    is_required: bool = False
    slots: OrderedDict[str, tuple[str, TrainingClient]] = attrs.field(factory=OrderedDict)
    lost_paths: dict[str, set[str]] = attrs.field(factory=dict)

    def sampling_path(self, trained: TrainedModel, monitor: Monitor) -> str:
        """Where to sample from a trained model.

        Raises:
            ProviderError: The server does not load it.
        """
        if not self.is_required or trained.state is None:
            return trained.model
        if trained.model not in self.slots:
            while len(self.slots) >= MAX_SLOTS:
                _, (_, client) = self.slots.popitem(last=False)
                with suppress(Exception):
                    unload_model(client)
            self.slots[trained.model] = self._load_model(trained.state, monitor)
        self.slots.move_to_end(trained.model)
        return self.slots[trained.model][0]

    def report_lost(self, trained: TrainedModel, path: str) -> bool:
        """The server does not hold what was asked at `path`; whether another try may help."""
        self.is_required = True
        gone = self.lost_paths.setdefault(trained.model, set())
        gone.add(path)
        if trained.model in self.slots and self.slots[trained.model][0] == path:
            del self.slots[trained.model]
        return trained.state is not None and len(gone) <= MAX_RELOADS

    def close(self) -> None:
        """Give the room back."""
        while self.slots:
            _, (_, client) = self.slots.popitem()
            with suppress(Exception):
                unload_model(client)

    def _load_model(self, state: str, monitor: Monitor) -> tuple[str, TrainingClient]:
        service, client = self.server.service(monitor), None
        try:
            client = retry_while_full(
                lambda: service.create_training_client_from_state(state), "loading a model", monitor
            )
            path = wait_result(client.save_weights_for_sampler(SAMPLER_NAME), monitor).path
        except Exception as error:
            if client is not None:
                with suppress(Exception):
                    unload_model(client)
            raise translate_error(
                error, self.server.key, f"loading {state}", permanent=False
            ) from None
        return path, client


def unload_model(client: Any) -> None:
    """Have the server forget a run's weights and optimiser; what was saved stays."""
    from tinker.lib.client_connection_pool_type import ClientConnectionPoolType
    from tinker.types import UnloadModelRequest

    async def send() -> None:
        with client.holder.aclient(ClientConnectionPoolType.TRAIN) as line:
            await line.models.unload(request=UnloadModelRequest(model_id=client.model_id))

    client.holder.run_coroutine_threadsafe(send()).result(timeout=5.0)
