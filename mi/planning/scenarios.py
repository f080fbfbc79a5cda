"""Training sets that hold several rows of one scenario.

Rows of a dataset may name a scenario, the situation that they are variants of. A training set of
1000 rows of 500 scenarios teaches less than one of 1000 scenarios, so a plan says so. In a mix of
both arms, the two answers to one prompt are two rows of one scenario. Rows without a scenario count
as one of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import attrs

from ..data.datasets import Rows
from ..units.unit import Blend, Mix, Unit
from .drawn_rows import Datasets, drawn_rows


@attrs.frozen(kw_only=True)
class RepeatedScenarios:
    """The training sets of one setting and size that repeat scenarios.

    Args:
        setting: The setting's id.
        rows: Rows of such a training set.
        fewest: Scenarios of the training set with the fewest.
        most: Scenarios of the training set with the most, among those that repeat any.
    """

    setting: str
    rows: int
    fewest: int
    most: int


def find_repeated_scenarios(units: Iterable[Unit], datasets: Datasets) -> list[RepeatedScenarios]:
    """The training sets that hold several rows of one scenario, by setting and size.

    Args:
        units: Units of a plan, of any kinds.
        datasets: The datasets of their mixes.
    """
    counts: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for unit in units:
        mix = unit.payload
        if not isinstance(mix, (Mix, Blend)):
            continue
        if any(datasets[name].scenarios for name in mix.datasets):
            count = _count_scenarios(drawn_rows(mix, datasets))
            if count < mix.total_samples:
                counts[unit.setting, mix.total_samples].append(count)
    return [
        RepeatedScenarios(setting=setting, rows=total, fewest=min(numbers), most=max(numbers))
        for (setting, total), numbers in sorted(counts.items())
    ]


def _count_scenarios(drawn: Iterable[tuple[Rows, Sequence[str]]]) -> int:
    """The number of scenarios among the selected rows of each dataset."""
    return len({rows.scenarios.get(row, row) for rows, digests in drawn for row in digests})
