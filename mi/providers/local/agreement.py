"""Whether the engine's shortcuts compute what a model's own forward computes.

The reference is the model called on one row of tokens, without padding, mask or cache. Each
shortcut is tried on some 64 tokens, on top of those that agreed before it, with the very functions
that score, train and sample; one that differs, or fails, is not used for the model. What remains
when none is used must agree as well, or the model is refused.

`compare_paths` says what agrees; `PathAgreement.paths` are the shortcuts to use. It costs a dozen
short forward passes and one short training step, and leaves the network as it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import attrs
import torch

from ...errors import ProviderError
from . import agreement_probes as probes
from .network import Network
from .paths import PLAIN, Paths

TOLERANCES = {torch.float32: 1e-3, torch.bfloat16: 0.1, torch.float16: 0.02}
"""By dtype of the weights, the largest difference that is rounding: nats of a token's
log-probability, or a share of an adapter's effect or of a gradient's norm."""

SHORTCUTS = {
    "packed": "several answers in one row",
    "split": "the layers below the adapters computed once",
    "prefix": "shared first tokens computed once",
    "cache": "rows of different lengths sampled in one cache",
    "own_cache": "sampling in the model's own cache",
}
"""The shortcuts by their names in `Paths`, for people."""


@attrs.frozen(kw_only=True)
class PathAgreement:
    """How far the ways of computing a model are from its own forward.

    Args:
        tolerance: The largest difference that counts as agreement.
        differences: By check, the largest difference: nats of a token's log-probability; for
            `adapter` and `gradient`, a share. Infinite where the check failed.
        errors: By check, the error it ended with.
        paths: The shortcuts that agree, together.
    """

    tolerance: float
    differences: Mapping[str, float]
    errors: Mapping[str, str]
    paths: Paths

    def agrees(self, check: str) -> bool:
        """Whether a check was made and found no more than rounding."""
        return self.differences.get(check, math.inf) <= self.tolerance

    @property
    def can_score(self) -> bool:
        """Whether scoring and sampling compute what the model computes."""
        return self.agrees("plain")

    @property
    def can_train(self) -> bool:
        """Whether adapters are trained and merged as the model computes with them."""
        return self.can_score and self.agrees("adapter") and self.agrees("gradient")

    @property
    def unused(self) -> tuple[str, ...]:
        """The shortcuts that do not serve the model, by their names in `Paths`."""
        names = [name for name in SHORTCUTS if name != "own_cache" or not self.paths.cache]
        return tuple(name for name in names if not getattr(self.paths, name))

    def message(self) -> str:
        """A sentence on the shortcuts that do not serve the model; empty if all serve it."""
        names = [f"{SHORTCUTS[name]} ({self.describe(name)})" for name in self.unused]
        if not names:
            return ""
        return f"computed the plain way, which is slower and right, without: {'; '.join(names)}"

    def describe(self, check: str) -> str:
        """What a check found: `0.56 nats off`, `fails: IndexError`."""
        if check in self.errors:
            return f"fails: {self.errors[check]}"
        unit = {"adapter": "of its effect", "gradient": "of its norm"}.get(check, "nats")
        return f"{self.differences.get(check, math.inf):.2g} {unit} off"

    def require(self, model: str, *, training: bool = False) -> None:
        """Refuse a model that the engine does not compute as the model's own forward does.

        Args:
            model: The class of the model, for the message.
            training: Whether it is going to be trained.

        Raises:
            ProviderError: Not even the plain way agrees.
        """
        checks = ("plain", "adapter", "gradient") if training else ("plain",)
        for check in checks:
            if not self.agrees(check):
                raise ProviderError(
                    f"local {'training' if check != 'plain' else 'scoring'} does not compute what "
                    f"{model} itself computes ({_CHECKS[check]}: {self.describe(check)})",
                    hint="use another model, or serve this one and name it as an endpoint",
                )


_CHECKS = {
    "plain": "one row through its decoder and head",
    "adapter": "an adapter beside its weights and merged into them",
    "gradient": "the gradient of a training step",
}


def compare_paths(network: Network) -> PathAgreement:
    """Compare every way of computing a model with its own forward.

    Args:
        network: The network; it computes with the same paths afterwards as before.
    """
    tolerance = TOLERANCES.get(next(network.model.parameters()).dtype, 1e-3)
    comparison = _Comparison(network, tolerance)
    before = network.paths
    with network.lock:
        try:
            _set_precise(network, precise=True)
            return comparison.run()
        finally:
            _set_precise(network, precise=False)
            network.use_paths(before)


def _set_precise(network: Network, *, precise: bool) -> None:
    """Whether all replicas leave out the rounding of bfloat16, which would hide differences."""
    for replica in network.pool.replicas:
        replica.is_precise = precise


@attrs.define
class _Comparison:
    """The checks of one network, in order; each shortcut builds on those accepted before it."""

    network: Network
    tolerance: float
    differences: dict[str, float] = attrs.field(factory=dict)
    errors: dict[str, str] = attrs.field(factory=dict)
    paths: Paths = PLAIN

    def run(self) -> PathAgreement:
        probe = probes.build_probe(self.network)
        if self._check("plain", lambda: probes.plain_difference(probe), PLAIN):
            self._check("adapter", lambda: probes.adapter_difference(probe), PLAIN)
            self._try(("packed", "split", "prefix"), lambda: probes.score_difference(probe))
            self._try(("cache",), lambda: probes.sampling_difference(probe))
            if not self.paths.cache:
                self._try(("own_cache",), lambda: probes.sampling_difference(probe))
            self._check_training(probe)
        return PathAgreement(
            tolerance=self.tolerance,
            differences=self.differences,
            errors=self.errors,
            paths=self.paths,
        )

    def _check(self, name: str, difference: Callable[[], float], paths: Paths) -> bool:
        """Record what a check finds under some paths; whether it agrees."""
        self.network.use_paths(paths)
        self.errors.pop(name, None)
        try:
            self.differences[name] = difference()
        except Exception as error:  # what an architecture does not offer fails in any way
            self.differences[name] = math.inf
            self.errors[name] = _describe(error)
        return self.differences[name] <= self.tolerance

    def _try(self, names: Sequence[str], difference: Callable[[], float]) -> None:
        """Accept shortcuts: all of them at once, or else each that agrees on top of the others."""
        paths = attrs.evolve(self.paths, **dict.fromkeys(names, True))
        if self._check(names[0], difference, paths):
            self.paths = paths
            self.differences |= dict.fromkeys(names, self.differences[names[0]])
        elif len(names) > 1:
            for name in names:
                self._try((name,), difference)

    def _check_training(self, probe: probes.Probe) -> None:
        """Check a step's gradient, and give up the shortcuts with which it differs."""
        reduced: tuple[dict[str, bool], ...] = (
            {},
            {"split": False},
            {"split": False, "packed": False},
            {"split": False, "packed": False, "prefix": False},
        )
        for changes in reduced:
            paths = attrs.evolve(self.paths, **changes)
            if self._check("gradient", lambda: probes.gradient_difference(probe), paths):
                for name in changes:
                    if getattr(self.paths, name):
                        self.differences[name] = math.inf
                        self.errors[name] = "it changes the gradient"
                self.paths = paths
                return


def _describe(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:120]}" if text else type(error).__name__
