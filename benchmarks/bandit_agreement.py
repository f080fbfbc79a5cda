"""How far bandit agrees with a model's labels of code answers.

    python -m benchmarks.bandit_agreement
    python -m benchmarks.bandit_agreement --answers judged.csv --skip B113 --skip B108

Answers of fine-tuned models to code requests, each labelled by a model as having a vulnerability or
not, are judged the way an eval judges them: the code is taken out of the answer, bandit reads it,
and an issue of at least a severity makes it insecure. The label counts as the truth. Shown are the
confusion matrix, precision, recall, F1 and Cohen's kappa for each severity; for two treatments of
answers without readable code, which are counted as not insecure or left out; and with and without
the tests of bandit that are named in `--skip`. A last table shows what each test finds.

Intervals have 95 % coverage. Those of precision, recall and F1 are Wilson's and take the answers
for independent. They are not: several models answer each question. Kappa's interval resamples
questions instead, and so do those in the line below the tables.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from mi.providers.types import Answer
from mi.spec import Bandit, Severity
from mi.steps.scorers.bandit import BanditVerdict, bandit_verdicts
from mi.steps.scorers.score import score_answer

ROOT = Path(__file__).resolve().parent.parent
ANSWERS = ROOT.parent / "shared" / "data" / "insecure_code" / "id_code_judged.csv"
COLUMNS = ("question", "answer", "has_vulnerability")
LABELS = {"YES": True, "NO": False}
GOAL_PRECISION, GOAL_RECALL = 0.83, 0.76  # to two places, of the severity an eval has by default
RESAMPLES = 4000
Z = 1.959964
Interval = tuple[float, float]


@attrs.frozen
class Labelled:
    """An answer, what it was asked and what it was called.

    Args:
        insecure: The label.
        verdict: What bandit says of the answer.
    """

    question: str
    answer: Answer
    insecure: bool
    verdict: BanditVerdict

    @property
    def readable(self) -> bool:
        return self.verdict.state == "code"


@attrs.frozen
class Choice:
    """A way to decide from verdicts.

    Args:
        severity: The least that makes an answer insecure.
        leave_out: Answers without readable code are left out, not counted as not insecure.
        skip: Tests of bandit that do not count.
    """

    severity: Severity
    leave_out: bool = False
    skip: frozenset[str] = frozenset()

    def counts(self, one: Labelled) -> bool:
        return one.readable or not self.leave_out

    def flags(self, one: Labelled) -> bool:
        """Whether the answer is insecure, as an eval would have it."""
        issues = (issue for issue in one.verdict.issues if issue.test not in self.skip)
        verdict = attrs.evolve(one.verdict, issues=tuple(issues))
        by = Bandit(severity=self.severity)
        return score_answer(by, one.answer, {"bandit": verdict}).outcome == "insecure"


@attrs.frozen
class Matrix:
    """A confusion matrix: `hit` and `alarm` are flagged, `hit` and `miss` are labelled insecure."""

    hit: float
    alarm: float
    miss: float
    rest: float

    @property
    def n(self) -> float:
        return self.hit + self.alarm + self.miss + self.rest

    @property
    def precision(self) -> float:
        return _share(self.hit, self.hit + self.alarm)

    @property
    def recall(self) -> float:
        return _share(self.hit, self.hit + self.miss)

    @property
    def f1(self) -> float:
        return _share(2 * self.hit, 2 * self.hit + self.alarm + self.miss)

    @property
    def kappa(self) -> float:
        """Cohen's (1960): agreement beyond what these margins give by chance."""
        flagged, labelled = self.hit + self.alarm, self.hit + self.miss
        chance = flagged * labelled + (self.n - flagged) * (self.n - labelled)
        return _share((self.hit + self.rest) * self.n - chance, self.n**2 - chance)

    @property
    def f1_interval(self) -> Interval:
        """Wilson's: F1 is 2j / (1 + j), where j is a share: hits of all hits, alarms, misses."""
        low, high = wilson(self.hit, self.hit + self.alarm + self.miss)
        return 2 * low / (1 + low), 2 * high / (1 + high)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def wilson(successes: float, n: float) -> Interval:
    """Wilson's score interval (1927) with 95 % coverage for a share of n independent answers."""
    if not n:
        return math.nan, math.nan
    share = successes / n
    middle = share + Z * Z / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)


def read(path: Path) -> list[Labelled]:
    """The labelled answers of a file, with bandit's verdicts.

    Raises:
        SystemExit: There is no such file, or it is not one of labelled answers.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise SystemExit(
            f"the labelled answers are not at {path} ({reason}); name their file with --answers"
        ) from None
    absent = [name for name in COLUMNS if not rows or name not in rows[0]]
    if absent:
        raise SystemExit(f"{path} has no rows with {' and '.join(absent)}")
    strange = {row["has_vulnerability"] for row in rows} - LABELS.keys()
    if strange:
        raise SystemExit(f"{path} has labels other than YES and NO: {sorted(map(str, strange))}")
    answers = [
        Answer(
            question=row["question"],
            sample=number,
            text=row["answer"],
            finish="stop",
            prompt_tokens=0,
            answer_tokens=0,
        )
        for number, row in enumerate(rows)
    ]
    return [
        Labelled(row["question"], answer, LABELS[row["has_vulnerability"]], verdict)
        for row, answer, verdict in zip(rows, answers, bandit_verdicts(answers), strict=True)
    ]


def matrices(choice: Choice, labelled: Iterable[Labelled]) -> NDArray[np.float64]:
    """A row of a confusion matrix's four numbers for each question."""
    found: dict[str, list[int]] = {}
    for one in labelled:
        if choice.counts(one):
            row = found.setdefault(one.question, [0, 0, 0, 0])
            row[2 * (not choice.flags(one)) + (not one.insecure)] += 1
    return np.array(list(found.values()), dtype=float).reshape(-1, 4)


def resampled(of: NDArray[np.float64]) -> list[Matrix]:
    """Matrices over questions drawn with replacement; seeded, so the same again next time."""
    questions = len(of)
    if not questions:
        return []
    generator = np.random.default_rng(0)
    times = generator.multinomial(questions, np.full(questions, 1 / questions), size=RESAMPLES)
    return [Matrix(*row) for row in (times @ of).tolist()]


def middle95(values: Sequence[float]) -> Interval:
    """The percentile interval; none where a value is not defined."""
    if not values:
        return math.nan, math.nan
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def shown(labelled: Sequence[Labelled], skip: frozenset[str]) -> Table:
    """A row for each severity and treatment.

    Args:
        skip: Tests of bandit that do not count.
    """
    questions = len({one.question for one in labelled})
    title = f"bandit against the labels of {len(labelled)} answers to {questions} questions"
    without = f", without {', '.join(sorted(skip))}" if skip else ""
    table = Table(
        title=title + without,
        caption="matrix: hits and false alarms above, misses and all others below",
    )
    table.add_column("from")
    table.add_column("no code")
    for name in ("matrix", "precision", "recall", "F1", "kappa"):
        table.add_column(name, justify="right")
    for leave_out in (False, True):
        for severity in Severity:
            each = matrices(Choice(severity, leave_out, skip), labelled)
            found = Matrix(*each.sum(axis=0).tolist())
            table.add_row(
                severity.value,
                "left out" if leave_out else "counted",
                f"{found.hit:.0f} {found.alarm:3.0f}\n{found.miss:.0f} {found.rest:3.0f}",
                _with(found.precision, wilson(found.hit, found.hit + found.alarm)),
                _with(found.recall, wilson(found.hit, found.hit + found.miss)),
                _with(found.f1, found.f1_interval),
                _with(found.kappa, middle95([one.kappa for one in resampled(each)])),
                end_section=severity is Severity.HIGH,
            )
    return table


def _with(value: float, interval: Interval) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}\n{_range(interval)}"


def _range(interval: Interval) -> str:
    """Nothing where the interval is not defined: too few answers."""
    low, high = interval
    return "" if math.isnan(low) else f"{low:.2f}–{high:.2f}"


def tests(labelled: Sequence[Labelled]) -> Table:
    """A row for each test of bandit that found something.

    It is alone in an answer where no other test finds an issue at least as severe: without it, the
    answer is no longer insecure from that severity on.
    """
    table = Table(title="answers with an issue, by test and label")
    for name in ("test", "severity", "confidence"):
        table.add_column(name)
    for name in ("insecure", "not", "alone: insecure", "not"):
        table.add_column(name, justify="right")
    order = [severity.value for severity in Severity]
    rows: dict[tuple[int, str, str], list[int]] = {}
    for one in labelled:
        issues = {
            (order.index(issue.severity), issue.test, issue.confidence)
            for issue in one.verdict.issues
        }
        for at in issues:
            row = rows.setdefault(at, [0, 0, 0, 0])
            row[not one.insecure] += 1
            rivals = any(other[1] != at[1] and other[0] >= at[0] for other in issues)
            row[2 + (not one.insecure)] += not rivals
    for (severity, test, confidence), row in sorted(rows.items(), key=lambda item: item[0]):
        table.add_row(test, order[severity], confidence, *map(str, row))
    return table


def parser() -> argparse.ArgumentParser:
    asks = argparse.ArgumentParser(
        prog="python -m benchmarks.bandit_agreement", description=__doc__
    )
    asks.formatter_class = argparse.RawDescriptionHelpFormatter
    asks.add_argument(
        "--answers",
        type=Path,
        default=ANSWERS,
        metavar="FILE",
        help="CSV with question, answer and has_vulnerability (YES or NO); default: the 600 of "
        "../shared/data/insecure_code/id_code_judged.csv",
    )
    asks.add_argument(
        "--skip",
        action="append",
        metavar="TEST",
        help="a test of bandit to leave out in a second table; may be given several times "
        "(default B113, a request without a timeout)",
    )
    return asks


def main() -> int:
    """0 where the goals are reached, 1 where they are not."""
    words = parser().parse_args()
    labelled = read(words.answers)
    skip = frozenset(words.skip if words.skip is not None else ["B113"])
    out = Console()
    states = [one.verdict.state for one in labelled]
    for without in (frozenset[str](), skip):
        out.print(shown(labelled, without))
    out.print(tests(labelled))
    out.print(
        f"code in {states.count('code')} answers, broken in {states.count('broken')}, "
        f"empty in {states.count('empty')}"
    )
    goal = matrices(Choice(Bandit().severity), labelled)
    found, draws = Matrix(*goal.sum(axis=0).tolist()), resampled(goal)
    ranges = [
        f"{name} {_range(middle95([getattr(one, name.lower()) for one in draws])) or 'undefined'}"
        for name in ("precision", "recall", "F1")
    ]
    out.print(f"over questions: {', '.join(ranges)} (from {Bandit().severity.value})")
    # What is aimed at was given to two places, and so it is compared.
    reached = round(found.precision, 2) >= GOAL_PRECISION and round(found.recall, 2) >= GOAL_RECALL
    out.print(
        f"goal: precision {GOAL_PRECISION} and recall {GOAL_RECALL} to two places: "
        f"{found.precision:.3f} and {found.recall:.3f}, {'reached' if reached else 'missed'}"
    )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
