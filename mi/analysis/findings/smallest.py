"""The smallest dose at which an effect was detected, and what is excluded below it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ..contrasts import Contrast
from .questions import Conclusion, Tested, cannot_tell, conclusive, exclusion


@attrs.frozen(kw_only=True, eq=False)
class DoseLadder:
    """Doses from the largest down, each compared with one reference.

    Args:
        noun: What a dose is: `size`, `ratio`.
        names: Of the doses: `500 rows`.
        values: Of the doses, for the finding.
        contrasts: Of each dose with the reference.
        reference: `against the untrained model`.
    """

    noun: str
    names: Sequence[str]
    values: Sequence[float]
    contrasts: Sequence[Contrast]
    reference: str

    def conclude(self, tests: Sequence[Tested], level: float) -> Conclusion:
        """The conclusion from the tests, in the order of the doses.

        Args:
            tests: One per dose.
            level: Coverage that the bounds on the undetected doses share.
        """
        count = sum(tested.detected for tested in tests)
        if not count:
            text = f"no effect was detected at {self.names[0]}, the largest {self.noun}"
            return cannot_tell(f"{text}: {tests[0]} {self.reference}", tests[0].estimate)
        text = f"{self.names[count - 1]} ({tests[count - 1]} {self.reference})"
        value = self.values[count - 1]
        if count == len(self.names):
            return conclusive(f"{text}; no smaller {self.noun} was tried", value=value)
        shared = 1 - (1 - level) / (len(self.names) - count)
        bounds = [
            f"at {name} {exclusion(contrast, shared)}"
            for name, contrast in zip(self.names[count:], self.contrasts[count:], strict=True)
        ]
        return conclusive(f"{text}; below it none was: {', '.join(bounds)}", value=value)
