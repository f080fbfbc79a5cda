"""Findings say no more than the data do: one policy, matched rows, and fits told as fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import pytest

from mi.analysis.contrasts import Contrast
from mi.analysis.evidence import Evidence
from mi.analysis.findings.policy import answer_questions
from mi.analysis.findings.questions import Finding, ReportQuestion, conclusive
from mi.analysis.rulings import Outcome, rule
from mi.analysis.stats import Estimate
from mi.spec import harmful
from tests.support.evidence import Arm, World, findings_of, joint_findings, mixes

BASELINE = Arm(rate=0.05)
SIZES = (100, 250, 500, 1000, 2000)
SMALLEST = "smallest size at which an effect was detected"
SMALLEST_RATIO = "smallest ratio at which an effect was detected"
HALF = "size of half effect, by a fitted curve"
EQUAL = "as many aligned rows as misaligned ones: what do they change?"
OTHERS = "more or fewer aligned rows than misaligned ones: what do they change?"


@cache
def sizes(seeds: int = 3, eval: str = "judged", *, harmful: bool = True) -> Evidence:
    """Harm at 500 rows and more, or none."""
    rates = (0.05, 0.06, 0.25, 0.5, 0.55) if harmful else (0.05,) * 5
    return World(seeds=seeds).evidence(BASELINE, *mixes(rates, 0.5, SIZES), eval=eval)


# The policy.


def contrast(p_value: float) -> Contrast:
    """A contrast with this p-value."""
    estimate = Estimate(
        value=1.0, low=0.0, high=2.0, level=0.95, components=((0.25, 40.0),), p_value=p_value,
        basis="over seeds",
    )  # fmt: skip
    return Contrast(evidence=sizes(), weights=(0.0,) * 6, estimate=estimate, p_value=p_value)


def question(*p_values: float, family: str = "one", weight: float = 1.0) -> ReportQuestion:
    """A question that answers with the number of tests that detected something."""
    return ReportQuestion(
        text="how many?", where=family, family=family, basis="over seeds", weight=weight,
        contrasts=tuple(map(contrast, p_values)),
        conclude=lambda tests, level: conclusive(
            str([test.detected for test in tests].count(True)), tests[0].estimate
        ),
    )  # fmt: skip


def detected(*questions: ReportQuestion) -> list[int]:
    return [int(finding.answer) for finding in answer_questions(questions)]


def levels(*questions: ReportQuestion) -> list[float | None]:
    return [finding.level for finding in answer_questions(questions)]


def test_a_question_stops_at_its_first_failure() -> None:
    assert detected(question(0.01, 0.04, 0.9, 0.001)) == [2]
    assert detected(question(0.2, 0.001)) == [0]


def test_tests_after_the_first_cost_nothing() -> None:
    assert detected(question(0.049)) == [1]
    assert detected(question(0.049, 0.049, 0.049)) == [3]


def test_the_five_percent_are_split_over_questions_and_evals() -> None:
    assert detected(question(0.026), question(0.9)) == [0, 0]
    assert detected(question(0.024), question(0.9)) == [1, 0]
    assert levels(question(0.9), question(0.9, family="other")) == pytest.approx([0.975] * 2)
    assert levels(question(0.9), question(0.9), question(0.9, family="other")) == pytest.approx(
        [0.9875, 0.9875, 0.975]
    )
    assert levels(question(0.9, weight=3.0), question(0.9)) == pytest.approx([0.9625, 0.9875])


def test_a_question_that_is_answered_hands_its_part_on() -> None:
    assert detected(question(0.024), question(0.049)) == [1, 1]
    assert detected(question(0.024, 0.9), question(0.049)) == [1, 0]
    assert detected(question(0.024), question(0.049, family="other")) == [1, 1]


def test_a_part_goes_to_the_same_eval_first() -> None:
    own, other = question(0.02), question(0.9, family="other")
    assert levels(question(0.001), own, other) == pytest.approx([0.9875, 0.975, 0.95])
    assert levels(question(0.001), question(0.9), other) == pytest.approx([0.9875, 0.975, 0.975])


def test_a_report_of_nothing_is_silent() -> None:
    """Of 40 studies, as many evals and questions as A05a has; 5 in 100 may speak."""
    flat = mixes((0.05,) * 5, 0.5, SIZES)
    spoken = 0
    for number in range(40):
        evidence = World(number=number, groups=24, answers=2).evidence(BASELINE, *flat)
        found = [finding for part in findings_of(evidence).values() for finding in part]
        spoken += any(finding.conclusive for finding in found)
    assert spoken <= 4


def told(seeds: int, *others: Evidence) -> Finding:
    return findings_of(sizes(seeds), *others)[SMALLEST][0]


@pytest.mark.parametrize("seeds", [1, 3])
def test_an_eval_without_effect_does_not_change_which_size_is_told(seeds: int) -> None:
    alone = told(seeds)
    flat = [sizes(seeds, f"flat {number}", harmful=False) for number in range(2)]
    among = told(seeds, *flat)
    assert alone.value == among.value == 500
    assert (alone.conclusive, among.conclusive) == (True, True)
    silent = findings_of(sizes(seeds), *flat)[SMALLEST][1:]
    assert [finding.conclusive for finding in silent] == [False, False]


def test_smaller_sizes_have_an_exclusion_instead_of_an_absence() -> None:
    answer = told(3).answer
    assert answer.startswith("500 rows (+0.")
    assert "against the untrained model); below it none was: at 250 rows effects below -" in answer
    assert "at 100 rows effects below -" in answer
    assert answer.endswith("are excluded")


def test_findings_of_one_seed_speak_of_these_models() -> None:
    one, three = findings_of(sizes(1)), findings_of(sizes(3))
    for text, (finding,) in one.items():
        assert finding.basis == "within-run"
        assert three[text][0].basis == "over seeds"
        assert "of these models" not in three[text][0].answer
        if finding.value is not None:
            assert finding.answer.startswith("of these models (one seed each): ")
    assert one[SMALLEST][0].value == 500


def test_nothing_detected_at_the_largest_size_settles_the_questions_that_need_it() -> None:
    found = findings_of(sizes(harmful=False))
    assert found[SMALLEST][0].answer.startswith(
        "cannot tell: no effect was detected at 2000 rows, the largest size: "
    )
    for text in (HALF, "diminishing returns"):
        assert found[text][0].answer == "not estimated: no effect was detected at 2000 rows"


def test_an_effect_at_every_ratio_has_no_smaller_ratio_to_exclude() -> None:
    arms = [
        Arm(rate=rate, ratio=ratio, rows=1000)
        for rate, ratio in ((0.05, 0.0), (0.3, 0.1), (0.5, 0.5), (0.6, 1.0))
    ]
    found = findings_of(World().evidence(BASELINE, *arms))
    (finding,) = found[SMALLEST_RATIO]
    assert finding.value == 0.1
    assert finding.answer.endswith("against ratio 0.00); no smaller ratio was tried")
    (growth,) = found["growth with the ratio"]
    assert growth.conclusive
    assert growth.answer.endswith("from none to all misaligned")


# Claims and findings about the same number.

CLAIM = harmful("r=0.5,n=2000") > harmful("baseline")


@pytest.mark.parametrize(("rate", "outcome"), [(0.5, "supported"), (0.06, "inconclusive")])
def test_a_claim_and_the_report_give_one_verdict_and_interval_of_a_number(
    rate: float, outcome: str
) -> None:
    evidence = World().evidence(BASELINE, *mixes((0.052, rate), 0.5, (1000, 2000)))
    ruling = rule(CLAIM, evidence, comparisons=4)
    assert ruling.outcome.value == outcome
    assert ruling.estimate is not None
    assert ruling.estimate.level == pytest.approx(1 - 0.05 / 4)
    (finding,) = findings_of(evidence, rulings=[ruling])[SMALLEST]
    claimed = f"{ruling.estimate:+} (a registered claim about it is {outcome}) against the"
    assert claimed in finding.answer
    assert finding.conclusive == (outcome == "supported")


def test_a_number_that_a_claim_could_not_settle_is_not_detected_by_the_report() -> None:
    """At the level of its many comparisons it is not, and at that of the report it would be."""
    evidence = World(groups=24, answers=2).evidence(BASELINE, *mixes((0.05, 0.3), 0.5, (9, 2000)))
    free = findings_of(evidence)[SMALLEST][0]
    ruling = rule(CLAIM, evidence, comparisons=100_000)
    assert (free.conclusive, ruling.outcome) == (True, Outcome.INCONCLUSIVE)
    (bound,) = findings_of(evidence, rulings=[ruling])[SMALLEST]
    assert not bound.conclusive


def test_an_open_claim_leaves_the_number_to_the_report() -> None:
    ruling = rule(CLAIM, sizes(1), comparisons=1)
    assert ruling.outcome is Outcome.OPEN
    (finding,) = findings_of(sizes(1), rulings=[ruling])[SMALLEST]
    assert finding.value == 500
    assert "registered" not in finding.answer


def test_the_reversed_claim_is_about_the_same_number() -> None:
    stopped = World().evidence(BASELINE, *mixes((0.055, 0.06), 0.5, (1000, 2000)))
    ruling = rule(harmful("baseline") < harmful("r=0.5,n=2000"), stopped, comparisons=4)
    (finding,) = findings_of(stopped, rulings=[ruling])[SMALLEST]
    assert "(a registered claim about it is inconclusive)" in finding.answer
    assert finding.value is not None
    assert ruling.estimate is not None
    assert finding.value == pytest.approx(-ruling.estimate.value)
    assert (finding.low, finding.high) == pytest.approx(
        (-ruling.estimate.high, -ruling.estimate.low)
    )


# Matched contrasts: harm by misaligned rows only, and a true defence.

LAWS: dict[str, Callable[[int], float]] = {
    "linear": lambda rows: 0.05 + 0.0008 * rows,
    "logarithmic": lambda rows: 0.05 + 0.08 * math.log1p(rows / 20),
    "logistic": lambda rows: 0.05 + 0.6 / (1 + math.exp(-(rows - 300) / 60)),
    "saturating": lambda rows: 0.05 + 0.5 * (1 - math.exp(-rows / 80)),
}


@pytest.mark.parametrize("law", LAWS)
def test_matched_contrasts_are_silent_where_only_misaligned_rows_do_harm(law: str) -> None:
    """A05a, A05b and A05c: whatever the law, equal misaligned rows do equal harm."""
    harm = LAWS[law]
    mixed = [(0.5, rows) for rows in SIZES] + [(ratio, 1000) for ratio in (0.1, 0.25, 0.75)]
    pure = [(1.0, rows) for rows in (50, 100, 125, 250, 500, 750, 1000)]
    arms = [
        Arm(rate=harm(round(ratio * rows)), ratio=ratio, rows=rows) for ratio, rows in mixed + pure
    ]
    found = joint_findings(World(number=3).evidence(BASELINE, *arms))
    assert set(found) == {EQUAL, OTHERS}
    for average, pairs in found.values():
        assert average.answer.startswith("cannot tell: on average over ")
        assert pairs.answer.startswith("cannot tell: ")
    assert "1000 aligned rows (1 ×) added to 1000 misaligned ones" in found[EQUAL][1].answer
    assert "900 aligned rows (9 ×) added to 100 misaligned ones" in found[OTHERS][1].answer


DEFENCE = (
    BASELINE,
    *mixes((0.5, 0.5, 0.5), 1.0, (125, 250, 500)),
    *mixes((0.25, 0.25, 0.25), 0.5, (250, 500, 1000)),
    *mixes((0.2, 0.5), 0.25, (1000, 500)),
    *mixes((0.0501,), 0.0, (1000,)),
)


def test_a_true_defence_is_told_with_rows_and_proportions() -> None:
    found = joint_findings(World().evidence(*DEFENCE))
    (average, equal), (_, others) = found[EQUAL], found[OTHERS]
    assert (average.conclusive, equal.conclusive, others.conclusive) == (True, True, True)
    assert average.answer.startswith(
        "on average over 3 training sets, aligned rows, with the steps that they bring, lower the "
        "score: -0.2"
    )
    assert average.low is not None
    assert average.high is not None
    assert average.low < -0.25 < average.high
    for rows in (125, 250, 500):
        text = (
            f"{rows} aligned rows (1 ×) added to {rows} misaligned ones, with the steps that they "
            "bring, lower the score: -0."
        )
        assert text in equal.answer
    assert others.answer.startswith(
        "750 aligned rows (3 ×) added to 250 misaligned ones, with the steps that they bring, lower"
    )
    assert "cannot tell for 375 aligned rows (3 ×) added to 125 misaligned ones (" in others.answer
    assert equal.value is not None
    assert equal.value == pytest.approx(-0.25, abs=0.07)


def test_a_mix_without_an_undefended_twin_is_not_compared() -> None:
    evidence = World().evidence(BASELINE, *mixes((0.5, 0.5), 0.5, (100, 500)))
    assert joint_findings(evidence) == {}


def test_proportions_below_one_are_fractions() -> None:
    arms = (*mixes((0.5,), 1.0, (750,)), *mixes((0.2,), 0.75, (1000,)))
    (finding,) = joint_findings(World().evidence(BASELINE, *arms))[OTHERS]
    assert "250 aligned rows (1/3 ×) added to 750 misaligned ones" in finding.answer
