"""How well bandit agrees with a model's labels of code answers.

    python -m benchmarks.bandit_agreement
    python -m benchmarks.bandit_agreement --answers judged.csv --skip B113 --skip B108

Answers of fine-tuned models to code requests, each labelled by a model as having a vulnerability or
not, are judged as an eval judges them: the code is extracted from the answer, bandit reads it, and
an issue of at least a given severity makes it insecure. The label counts as the truth. The tables
show the confusion matrix, precision, recall, F1 and Cohen's kappa for each severity; for two
treatments of answers without readable code, which are counted as not insecure or left out; and with
and without the bandit tests named in `--skip`. A last table shows what each test finds.

Intervals have 95 % coverage. Those of precision, recall and F1 are Wilson's and treat the answers
as independent. They are not: several models answer each question. Kappa's interval resamples
questions instead, as do those in the line below the tables.
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
class LabelledAnswer:
    """An answer with its question and its label.

    Args:
        insecure: The label.
        verdict: Bandit's verdict on the answer.
    """

    question: str
    answer: Answer
    insecure: bool
    verdict: BanditVerdict

    @property
    def has_code(self) -> bool:
        return self.verdict.state == "code"


@attrs.frozen
class Rule:
    """A rule that decides from verdicts.

    Args:
        severity: The lowest severity that makes an answer insecure. excludes_unreadable: Leave out
        answers without readable code; otherwise they are not insecure. skipped_tests: Bandit tests
        that do not count.
    """

    severity: Severity
    excludes_unreadable: bool = False
    skipped_tests: frozenset[str] = frozenset()

    def includes(self, answer: LabelledAnswer) -> bool:
        return answer.has_code or not self.excludes_unreadable

    def is_flagged(self, answer: LabelledAnswer) -> bool:
        """Whether an eval with this rule would call the answer insecure."""
        issues = (issue for issue in answer.verdict.issues if issue.test not in self.skipped_tests)
        verdict = attrs.evolve(answer.verdict, issues=tuple(issues))
        judge = Bandit(severity=self.severity)
        return score_answer(judge, answer.answer, {"bandit": verdict}).outcome == "insecure"


@attrs.frozen
class ConfusionMatrix:
    """A confusion matrix of flags (by bandit) and labels."""

    true_positives: float
    false_positives: float
    false_negatives: float
    true_negatives: float

    @property
    def n(self) -> float:
        return (
            self.true_positives + self.false_positives + self.false_negatives + self.true_negatives
        )

    @property
    def precision(self) -> float:
        return _divide(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        return _divide(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        return _divide(
            2 * self.true_positives,
            2 * self.true_positives + self.false_positives + self.false_negatives,
        )

    @property
    def kappa(self) -> float:
        """Cohen's kappa (1960): agreement beyond the chance agreement of these margins."""
        flagged, labelled = (
            self.true_positives + self.false_positives,
            self.true_positives + self.false_negatives,
        )
        chance = flagged * labelled + (self.n - flagged) * (self.n - labelled)
        return _divide(
            (self.true_positives + self.true_negatives) * self.n - chance, self.n**2 - chance
        )

    @property
    def f1_interval(self) -> Interval:
        """Wilson's interval: F1 is 2j / (1 + j), where j is hits / (hits + errors)."""
        low, high = wilson_interval(
            self.true_positives, self.true_positives + self.false_positives + self.false_negatives
        )
        return 2 * low / (1 + low), 2 * high / (1 + high)


def _divide(part: float, total: float) -> float:
    return part / total if total else math.nan


def wilson_interval(successes: float, n: float) -> Interval:
    """Wilson's score interval (1927) with 95 % coverage for a share of n independent answers."""
    if not n:
        return math.nan, math.nan
    share = successes / n
    middle = share + Z * Z / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    return max((middle - half) / scale, 0.0), min((middle + half) / scale, 1.0)


def read_answers(path: Path) -> list[LabelledAnswer]:
    """Read the labelled answers of a file, with bandit's verdicts.

    Raises:
        SystemExit: The file cannot be read, or does not hold labelled answers.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise SystemExit(
            f"the labelled answers are not at {path} ({reason}); name their file with --answers"
        ) from None
    missing = [name for name in COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise SystemExit(f"{path} has no rows with {' and '.join(missing)}")
    unknown = {row["has_vulnerability"] for row in rows} - LABELS.keys()
    if unknown:
        raise SystemExit(f"{path} has labels other than YES and NO: {sorted(map(str, unknown))}")
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
        LabelledAnswer(row["question"], answer, LABELS[row["has_vulnerability"]], verdict)
        for row, answer, verdict in zip(rows, answers, bandit_verdicts(answers), strict=True)
    ]


def count_by_question(rule: Rule, labelled: Iterable[LabelledAnswer]) -> NDArray[np.float64]:
    """The four numbers of a confusion matrix for each question, shape (questions, 4)."""
    counts: dict[str, list[int]] = {}
    for answer in labelled:
        if rule.includes(answer):
            row = counts.setdefault(answer.question, [0, 0, 0, 0])
            row[2 * (not rule.is_flagged(answer)) + (not answer.insecure)] += 1
    return np.array(list(counts.values()), dtype=float).reshape(-1, 4)


def bootstrap(counts: NDArray[np.float64]) -> list[ConfusionMatrix]:
    """Matrices over questions drawn with replacement. The seed is fixed, so results repeat."""
    questions = len(counts)
    if not questions:
        return []
    generator = np.random.default_rng(0)
    weights = generator.multinomial(questions, np.full(questions, 1 / questions), size=RESAMPLES)
    return [ConfusionMatrix(*row) for row in (weights @ counts).tolist()]


def percentile_interval(values: Sequence[float]) -> Interval:
    """The 95 % percentile interval; undefined if there are no values."""
    if not values:
        return math.nan, math.nan
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def agreement_table(labelled: Sequence[LabelledAnswer], skip: frozenset[str]) -> Table:
    """A row for each severity and treatment.

    Args:
        labelled: The answers.
        skip: Bandit tests that do not count.
    """
    questions = len({matrix_sample.question for matrix_sample in labelled})
    title = f"bandit against the labels of {len(labelled)} answers to {questions} questions"
    suffix = f", without {', '.join(sorted(skip))}" if skip else ""
    table = Table(
        title=title + suffix,
        caption="matrix: hits and false alarms above, misses and all others below",
    )
    table.add_column("from")
    table.add_column("no code")
    for name in ("matrix", "precision", "recall", "F1", "kappa"):
        table.add_column(name, justify="right")
    for excludes_unreadable in (False, True):
        for severity in Severity:
            counts = count_by_question(Rule(severity, excludes_unreadable, skip), labelled)
            matrix = ConfusionMatrix(*counts.sum(axis=0).tolist())
            table.add_row(
                severity.value,
                "left out" if excludes_unreadable else "counted",
                f"{matrix.true_positives:.0f} {matrix.false_positives:3.0f}\n"
                f"{matrix.false_negatives:.0f} {matrix.true_negatives:3.0f}",
                _format_estimate(
                    matrix.precision,
                    wilson_interval(
                        matrix.true_positives, matrix.true_positives + matrix.false_positives
                    ),
                ),
                _format_estimate(
                    matrix.recall,
                    wilson_interval(
                        matrix.true_positives, matrix.true_positives + matrix.false_negatives
                    ),
                ),
                _format_estimate(matrix.f1, matrix.f1_interval),
                _format_estimate(
                    matrix.kappa,
                    percentile_interval(
                        [matrix_sample.kappa for matrix_sample in bootstrap(counts)]
                    ),
                ),
                end_section=severity is Severity.HIGH,
            )
    return table


def _format_estimate(value: float, interval: Interval) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}\n{_format_interval(interval)}"


def _format_interval(interval: Interval) -> str:
    """The interval, or nothing if too few answers define none."""
    low, high = interval
    return "" if math.isnan(low) else f"{low:.2f}–{high:.2f}"


def issue_table(labelled: Sequence[LabelledAnswer]) -> Table:
    """A row for each bandit test that found something.

    A test stands alone in an answer if no other test finds an issue at least as severe: without it,
    the answer would not be insecure at that severity.
    """
    table = Table(title="answers with an issue, by test and label")
    for name in ("test", "severity", "confidence"):
        table.add_column(name)
    for name in ("insecure", "not", "alone: insecure", "not"):
        table.add_column(name, justify="right")
    order = [severity.value for severity in Severity]
    rows: dict[tuple[int, str, str], list[int]] = {}
    for answer in labelled:
        issues = {
            (order.index(issue.severity), issue.test, issue.confidence)
            for issue in answer.verdict.issues
        }
        for issue_key in issues:
            row = rows.setdefault(issue_key, [0, 0, 0, 0])
            row[not answer.insecure] += 1
            has_rival = any(
                other[1] != issue_key[1] and other[0] >= issue_key[0] for other in issues
            )
            row[2 + (not answer.insecure)] += not has_rival
    for (severity, test, confidence), row in sorted(rows.items(), key=lambda item: item[0]):
        table.add_row(test, order[severity], confidence, *map(str, row))
    return table


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bandit_agreement", description=__doc__
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "--answers",
        type=Path,
        default=ANSWERS,
        metavar="FILE",
        help="CSV with question, answer and has_vulnerability (YES or NO); default: the 600 of "
        "../shared/data/insecure_code/id_code_judged.csv",
    )
    parser.add_argument(
        "--skip",
        action="append",
        metavar="TEST",
        help="a test of bandit to leave out in a second table; may be given several times "
        "(default B113, a request without a timeout)",
    )
    return parser


def main() -> int:
    """Print the tables. Returns 0 if the goals are reached, 1 if not."""
    args = build_parser().parse_args()
    labelled = read_answers(args.answers)
    skip = frozenset(args.skip if args.skip is not None else ["B113"])
    out = Console()
    states = [sample.verdict.state for sample in labelled]
    for skipped in (frozenset[str](), skip):
        out.print(agreement_table(labelled, skipped))
    out.print(issue_table(labelled))
    out.print(
        f"code in {states.count('code')} answers, broken in {states.count('broken')}, "
        f"empty in {states.count('empty')}"
    )
    counts = count_by_question(Rule(Bandit().severity), labelled)
    matrix, samples = ConfusionMatrix(*counts.sum(axis=0).tolist()), bootstrap(counts)
    ranges = []
    for name in ("precision", "recall", "F1"):
        interval = percentile_interval([getattr(sample, name.lower()) for sample in samples])
        ranges.append(f"{name} {_format_interval(interval) or 'undefined'}")
    out.print(f"over questions: {', '.join(ranges)} (from {Bandit().severity.value})")
    # What is aimed at was given to two places, and so it is compared.
    reached = (
        round(matrix.precision, 2) >= GOAL_PRECISION and round(matrix.recall, 2) >= GOAL_RECALL
    )
    out.print(
        f"goal: precision {GOAL_PRECISION} and recall {GOAL_RECALL} to two places: "
        f"{matrix.precision:.3f} and {matrix.recall:.3f}, {'reached' if reached else 'missed'}"
    )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
