"""`mi calibrate` and `mi bridge`: a judge's errors by labels, and its verdicts beside another's."""

from __future__ import annotations

import argparse
import json
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..analysis.calibrations import (
    Calibration,
    StoredJudge,
    answer_keys,
    bridge,
    calibration_rates,
    confusion,
    judge_rating,
    list_judges,
    load_judged_answers,
)
from ..data.faults import Fault, FaultLog
from ..data.labels import AnswerLabel, read_labels, read_sample, sample_path
from ..database import Database, sync_database
from ..errors import DataError, UsageError
from ..files.clock import utc_timestamp
from ..reporting.calibrations import (
    bridge_json,
    confusion_json,
    corrected_json,
    print_bridge,
    print_confusion,
    print_corrected,
)
from ..reporting.console import say
from ..reporting.text import pluralize
from ..store.base import Store
from ..store.calibrations import CalibrationRecord
from ..store.provenance import capture_provenance
from ..units.labels import LabelSample
from .common import configured_store, console, run_options

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def calibrate(args: argparse.Namespace) -> int:
    """Store the labels of a file as a calibration of a judge, and show what follows from them."""
    options, store, path = run_options(args), configured_store(args), Path(args.labels)
    labels, sample = read_labels(path), read_sample(path)
    database = Database(options.db)
    with database.read_connection() as connection:
        _check_answers(connection, labels, sample, path)
        known = {
            answer: label.is_positive
            for answer, label in labels.items()
            if label.is_positive is not None
        }
        if not known:
            raise DataError("every label is `unsure`", where=str(path))
        judge = _labelled_judge(connection, args.judge_word, list(known))
    record = CalibrationRecord(
        judge=dict(judge.judge),
        metric=judge.metric,
        labels=known,
        design=None if sample is None else sample.design,
        source=path.name,
        time=utc_timestamp(),
        commit=capture_provenance(options.root, tuple(args.argv)).commit,
        host=socket.gethostname(),
    )
    name, is_new = _save(store, record)
    for fault in sync_database(database, store).faults:
        print(f"mi: {fault}", file=sys.stderr)
    with database.read_connection() as connection:
        calibration = Calibration(
            judge=record.judge, metric=record.metric, labels=record.labels, design=record.design
        )
        _, is_rising = judge_rating(record.judge, record.metric)
        answers = load_judged_answers(connection, calibration)
        result = confusion(answers, has_design=record.design is not None, is_rising=is_rising)
        rates = calibration_rates(connection, name)
    if args.json:
        values = {
            "calibration": name,
            "new": is_new,
            "judge": judge.name,
            "metric": judge.metric,
            "confusion": confusion_json(result),
            "corrected": corrected_json(rates),
        }
        print(json.dumps(values, ensure_ascii=False, indent=1))
        return 0
    out = console()
    print_confusion(result, judge.name, out)
    print_corrected(rates, out)
    unused = len(known) - len(answers.distinct.labelled)
    if unused:
        says = f"{pluralize(unused, 'labelled answer')} not judged by {judge.name}, and left out"
        say(out, says, "yellow")
    state = "stored" if is_new else "was stored already"
    say(out, f"{state}: sha256 {name}", "dim")
    return 0


def bridge_judges(args: argparse.Namespace) -> int:
    """Show how the verdicts of one judge map to those of another."""
    with Database(run_options(args).db).read_connection() as connection:
        judges = list_judges(connection)
        old, new = _pair(judges, args.old, args.new)
        result = bridge(connection, old, new)
    if not sum(map(sum, result.counts)):
        raise UsageError(
            f"no answer is judged by both {old.name} and {new.name}",
            hint=f"`mi rejudge EXPERIMENT --judge {new.name}` judges stored answers again",
        )
    if args.json:
        print(json.dumps(bridge_json(result), ensure_ascii=False, indent=1))
    else:
        print_bridge(result, old.name, new.name, console())
    return 0


def _check_answers(
    connection: DuckDBPyConnection,
    labels: dict[str, AnswerLabel],
    sample: LabelSample | None,
    path: Path,
) -> None:
    """Check that every labelled answer is stored, and was drawn if a sample was.

    Args:
        connection: To the results database.
        labels: By answer.
        sample: That they label; None: nobody says how they were drawn.
        path: The file of labels.

    Raises:
        DataError: Some are not; counts them and names the lines of the first.
    """
    keys = answer_keys(connection, list(labels))
    stored = {
        key
        for (key,) in connection.execute(
            "SELECT answer FROM answer WHERE answer IN (SELECT unnest(?::UBIGINT[]))", [keys]
        ).fetchall()
    }
    drawn = labels.keys() if sample is None else {one.answer for one in sample.answers}
    faults = FaultLog(where=str(path), noun="line")
    for key, label in zip(keys, labels.values(), strict=True):
        if key not in stored:
            says = "labels an answer that is not stored here"
            hint = "import the store that has it (`mi import`), or remove the line"
        elif label.answer not in drawn:
            says = "labels an answer that was not drawn"
            hint = f"remove the line: {sample_path(path).name} lists those that were"
        else:
            continue
        faults.add(str(label.line), f":{label.line}", Fault(f"{says}: {label.answer}", hint))
    if faults.count:
        raise faults.error(len(labels))


def _labelled_judge(
    connection: DuckDBPyConnection, word: str, answers: Sequence[str]
) -> StoredJudge:
    """The judge that a word means, among those that judged labelled answers.

    Raises:
        UsageError: No judge has the name, it judged none of them, or several have it.
    """
    keys = answer_keys(connection, answers)
    units = {
        unit
        for (unit,) in connection.execute(
            "SELECT DISTINCT unit FROM score WHERE answer IN (SELECT unnest(?::UBIGINT[]))", [keys]
        ).fetchall()
    }
    named = _named(list_judges(connection), word)
    judging = [judge for judge in named if units.intersection(judge.units)]
    if not judging:
        raise UsageError(
            f"{word} has judged none of the labelled answers",
            hint=f"`mi rejudge EXPERIMENT --judge {word}` judges stored answers again",
        )
    return _single_judge(judging, word)


def _pair(judges: Sequence[StoredJudge], old: str, new: str) -> tuple[StoredJudge, StoredJudge]:
    """The judges that two words mean, with the same metric.

    Raises:
        UsageError: There is no such pair, or there are several.
    """
    pairs = [
        (one, other)
        for one in _named(judges, old)
        for other in _named(judges, new)
        if one.metric == other.metric and one != other
    ]
    if not pairs:
        raise UsageError(f"{old} and {new} have no metric in common, or are one judge")
    if len(pairs) > 1:
        evals = ", ".join("/".join(one.evals) for one, _ in pairs)
        raise UsageError(
            f"{old} and {new} are {len(pairs)} pairs of judges", hint=f"name evals: {evals}"
        )
    return pairs[0]


def _named(judges: Sequence[StoredJudge], word: str) -> list[StoredJudge]:
    named = [judge for judge in judges if judge.answers_to(word)]
    if not named:
        known = ", ".join(dict.fromkeys(judge.name for judge in judges)) or "there is none"
        raise UsageError(f"no stored verdict is of {word}", hint=f"judges: {known}")
    return named


def _single_judge(judges: Sequence[StoredJudge], word: str) -> StoredJudge:
    if len(judges) > 1:
        evals = ", ".join("/".join(judge.evals) for judge in judges)
        raise UsageError(
            f"{word} has judged the labelled answers with several rubrics or thresholds",
            hint=f"name an eval in its place: {evals}",
        )
    return judges[0]


def _save(store: Store, record: CalibrationRecord) -> tuple[str, bool]:
    """Store a calibration, unless the same one is. Returns its name, and whether it is new."""
    with store.lock("calibrations"):
        for name, stored in store.calibrations().items():
            if stored.identity == record.identity:
                return name, False
        return store.save_calibration(record), True
