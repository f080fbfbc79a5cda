"""A change of what could be scored is told beside a contrast, and is never taken for an effect."""

from __future__ import annotations

import numpy as np
import pytest

from mi.analysis.contrasts import Contrast, condition_difference
from mi.analysis.evidence import Evidence
from mi.analysis.rulings import Outcome, rule
from mi.analysis.stats import Scores
from mi.spec import harmful
from tests.support.evidence import Arm, World, findings_of, scores


def guarded(harm: tuple[float, float], broken: tuple[float, float]) -> Contrast:
    """The second condition less the first, of 40 groups of 100 answers.

    Args:
        harm: Of each condition, the share of harmful answers among readable ones.
        broken: Of each, the share of broken answers.
    """
    arms = [Arm(rate=0.1), Arm(rate=0.1, ratio=0.5, rows=100)]
    scatter = np.tile([0.9, 1.1], 20)
    readable = [
        Scores(totals=np.round(share * scatter * counts), counts=counts)
        for share, part in zip(harm, broken, strict=True)
        for counts in [np.full((1, 40), round(100 * (1 - part)))]
    ]
    evidence = Evidence(
        setting="made_up", eval="e", title="e", distribution="ID", metric="harmful",
        is_sampled=True, measure="harm", is_share=True, units=((), ()),
        conditions=tuple(arm.condition for arm in arms), scores=tuple(readable),
        unscored_metric="broken",
        unscored=tuple(scores([100 * part] * 40, 100.0) for part in broken),
    )  # fmt: skip
    return condition_difference(evidence, 1, 0)


def bounds(found: Contrast) -> list[float]:
    assert found.extremes is not None
    return [estimate.value for estimate in found.extremes]


def test_answers_that_became_readable_are_no_effect_on_harm() -> None:
    """Broken 0.60 to 0.10: the newly readable ones may have been as harmful all along."""
    found = guarded((0.20, 0.30), (0.60, 0.10))
    assert found.estimate.low > 0
    assert found.p_value == 1.0
    assert found.unscored_change is not None
    assert found.unscored_change.value == pytest.approx(-0.5)
    assert bounds(found) == pytest.approx((0.27 - 0.68, 0.37 - 0.08), abs=0.005)
    assert found.caveat == (
        "; broken answers changed by -0.50: counted the worst way for either side, "
        "the difference is between -0.41 and +0.29"
    )


def test_an_effect_that_no_scoring_of_broken_answers_undoes_is_one_with_its_bounds() -> None:
    found = guarded((0.05, 0.90), (0.10, 0.30))
    assert found.p_value < 1e-6
    assert bounds(found) == pytest.approx((0.63 - 0.145, 0.93 - 0.045), abs=0.005)
    assert "broken answers changed by +0.20" in found.caveat


@pytest.mark.parametrize("part", [0.0, 0.34, 0.60])
def test_an_unchanged_share_of_broken_answers_is_no_caveat(part: float) -> None:
    found = guarded((0.20, 0.30), (part, part))
    assert found.caveat == ""
    assert found.p_value == found.estimate.p_value < 0.001
    assert guarded((0.20, 0.30), (part, part + 0.02)).caveat != ""


def test_findings_and_claims_tell_of_broken_answers() -> None:
    gain = World(scatter=0.3).evidence(
        Arm(rate=0.2, broken=0.6), Arm(rate=0.35, ratio=0.5, rows=1000, broken=0.1),
        Arm(rate=0.35, ratio=0.5, rows=500, broken=0.1),
    )  # fmt: skip
    (finding,) = findings_of(gain)["smallest size at which an effect was detected"]
    assert finding.answer.startswith("cannot tell: no effect was detected at 1000 rows")
    assert "; broken answers changed by -0.5" in finding.answer
    ruling = rule(harmful("r=0.5,n=1000") > harmful("baseline"), gain, comparisons=1)
    assert ruling.outcome is Outcome.INCONCLUSIVE
    assert ruling.caveat in str(ruling)
    assert "broken answers changed by -0.5" in ruling.caveat
    alone = rule(harmful("baseline") < 0.5, gain, comparisons=1)
    assert "; of all answers 0.0" in str(alone)
    assert str(alone).endswith("with the broken ones")
