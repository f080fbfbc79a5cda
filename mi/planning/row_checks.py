"""What a plan says of training rows, and whether the provider can train on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..data.datasets import Rows
from ..errors import DataError
from ..providers.base import Provider
from ..spec import Setting


def check_weights(provider: Provider, setting: Setting, arms: Iterable[Rows]) -> None:
    """Check that a provider can train on rows with turns that are read but not learned.

    Args:
        provider: Trains the model.
        setting: The setting, for the message.
        arms: Its rows.

    Raises:
        DataError: There are such rows, and the provider learns every turn of the assistant.
    """
    count = sum(rows.weighted_rows for rows in arms)
    if count and not provider.honours_weights:
        have = "row has" if count == 1 else "rows have"
        raise DataError(
            f"{count:,} {have} turns that are read but not learned ('weight': 0 or 'train': "
            f"false), and {provider.name} does not leave single turns out of the loss",
            where=setting.id,
            hint="train with a provider that does, such as openai, or remove these rows",
        )


def describe_reading(rows_by_setting: Mapping[str, Iterable[Rows]]) -> list[str]:
    """A line for each file that was not read as it would be expected: `read as ShareGPT`."""
    return [
        f"{setting}, {rows.name} rows: {'; '.join(rows.notes)}"
        for setting, arms in rows_by_setting.items()
        for rows in arms
        if rows.notes
    ]
