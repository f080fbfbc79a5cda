"""Slots for models that a server must hold in memory before it can sample from them.

The hosted service samples from any saved model. SkyRL samples from a trained model only while a
training run that saved it is loaded, and that run ends with the process that drives it. On such a
server, a model is loaded into a slot: a run is created from its state, saves it for sampling, and
trains nothing. Slots are few, because they share the server's capacity with trainings; the least
recently used model is unloaded first.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import attrs

from ..trained_model import TrainedModel
from ..types import Monitor
from .backoff import retry_while_full
from .client import Server
from .errors import error_message, error_status, translate_error
from .futures import wait_result

if TYPE_CHECKING:
    from tinker import TrainingClient

logger = logging.getLogger(__name__)

MAX_SLOTS = 3
SAMPLER_NAME = "seated"  # the name under which a server knows the loaded model
MAX_RELOADS = 3
"""How often a model may be lost and loaded again; a server that restarts loses all of them."""


def is_model_unloaded(error: BaseException) -> bool:
    """Whether the server does not hold the model that a request was for."""
    return error_status(error) in (400, 404) and "not loaded" in error_message(error).lower()


@attrs.define
class SamplerSlots:
    """The models that this process has loaded at a server.

    Args:
        server: The server.
        is_required: Whether the server needs slots at all; unknown until it has lost a model.
        slots: Sampling path and training client by the path of the trained model, the least
            recently used first.
        lost_paths: Sampling paths at which the server did not hold a model, by the same path.
    """

    server: Server
    is_required: bool = False
    slots: OrderedDict[str, tuple[str, TrainingClient]] = attrs.field(factory=OrderedDict)
    lost_paths: dict[str, set[str]] = attrs.field(factory=dict)

    def sampling_path(self, trained: TrainedModel, monitor: Monitor) -> str:
        """The path from which to sample a trained model, loading it if necessary.

        Raises:
            ProviderError: The server does not load it.
            Interrupted: The user asked to stop.
        """
        if not self.is_required or trained.state is None:
            return trained.model
        if trained.model not in self.slots:
            while len(self.slots) >= MAX_SLOTS:
                _, (_, client) = self.slots.popitem(last=False)
                unload_quietly(client)
            self.slots[trained.model] = self._load_model(trained.state, monitor)
        self.slots.move_to_end(trained.model)
        return self.slots[trained.model][0]

    def report_lost(self, trained: TrainedModel, path: str) -> bool:
        """Note that the server does not hold a model at `path`; return whether to try again."""
        self.is_required = True
        lost_paths = self.lost_paths.setdefault(trained.model, set())
        lost_paths.add(path)
        if trained.model in self.slots and self.slots[trained.model][0] == path:
            del self.slots[trained.model]
        return trained.state is not None and len(lost_paths) <= MAX_RELOADS

    def close(self) -> None:
        """Unload all models."""
        while self.slots:
            _, (_, client) = self.slots.popitem()
            unload_quietly(client)

    def _load_model(self, state: str, monitor: Monitor) -> tuple[str, TrainingClient]:
        service, client = self.server.service(monitor), None
        try:
            client = retry_while_full(
                lambda: service.create_training_client_from_state(state), "loading a model", monitor
            )
            path = wait_result(client.save_weights_for_sampler(SAMPLER_NAME), monitor).path
        except Exception as error:
            if client is not None:
                unload_quietly(client)
            raise translate_error(
                error, self.server.key, f"loading {state}", permanent=False
            ) from None
        return path, client


def unload_quietly(client: Any) -> None:
    """Unload a model; only log a failure, because the memory is freed when the session ends."""
    unload_run_quietly(client, client.model_id)


def unload_run_quietly(client: Any, run_id: str) -> None:
    """Unload a run by its id; only log a failure.

    Args:
        client: A client of the session that created the run.
        run_id: The server's name of the run.
    """
    try:
        unload_model(client.holder, run_id)
    except Exception as error:
        logger.info("cannot unload a model from the server: %s", type(error).__name__)


def unload_model(holder: Any, run_id: str) -> None:
    """Make the server drop a run's weights and optimizer from memory; checkpoints stay.

    Args:
        holder: The SDK's connections.
        run_id: The server's name of the run.
    """
    from tinker.lib.client_connection_pool_type import ClientConnectionPoolType
    from tinker.types import UnloadModelRequest

    async def send() -> None:
        with holder.aclient(ClientConnectionPoolType.TRAIN) as connection:
            await connection.models.unload(request=UnloadModelRequest(model_id=run_id))

    holder.run_coroutine_threadsafe(send()).result(timeout=5.0)
