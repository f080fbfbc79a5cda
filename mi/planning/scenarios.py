"""Training sets that hold several rows of one scenario.

Rows of a dataset may name a scenario, the situation that they are variants of. A training set of
1000 rows of 500 scenarios teaches less than one of 1000 scenarios, so a plan says so. In a mix of
both arms, the two answers to one prompt are two rows of one scenario. Rows without a scenario count
as one of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import attrs

from ..data.datasets import Rows
from ..steps.mix import rank_rows, select_rows
from ..units.unit import Mix, Unit


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


def find_repeated_scenarios(
    units: Iterable[Unit], rows: Mapping[str, tuple[Rows, Rows]]
) -> list[RepeatedScenarios]:
    """The training sets that hold several rows of one scenario, by setting and size.

    Args:
        units: Units of a plan, of any kinds.
        rows: The misaligned and the aligned rows of each setting.
    """
    counts: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    ranked = cache(lambda setting, arm, seed: rank_rows(rows[setting][arm], seed))
    for unit in units:
        mix, arms = unit.payload, rows.get(unit.setting, ())
        if isinstance(mix, Mix) and any(arm.scenarios for arm in arms):
            misaligned, control = (ranked(unit.setting, index, mix.seed) for index in (0, 1))
            count = _count_scenarios(arms, select_rows(mix, misaligned, control))
            if count < mix.total_samples:
                counts[unit.setting, mix.total_samples].append(count)
    return [
        RepeatedScenarios(setting=setting, rows=total, fewest=min(numbers), most=max(numbers))
        for (setting, total), numbers in sorted(counts.items())
    ]


def _count_scenarios(arms: Iterable[Rows], selected: Iterable[Sequence[str]]) -> int:
    """The number of scenarios among the selected rows of each arm."""
    pairs = zip(arms, selected, strict=True)
    return len({arm.scenarios.get(row, row) for arm, digests in pairs for row in digests})
