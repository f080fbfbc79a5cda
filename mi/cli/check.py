"""`mi check`, `mi report`, `mi power`: what the results say, and how sure they can be."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import attrs

from ..analysis.analyse import analyse
from ..analysis.evidence import load_evidence
from ..analysis.stats import (
    Estimate,
    minimum_detectable_effect,
    required_runs,
    required_samples,
    variance_components,
)
from ..analysis.verdicts import Outcome, verdicts
from ..database import Database
from ..errors import NothingSelected
from ..files.atomic import translate_write_errors, write_atomic
from ..reporting.findings import (
    analysis_json,
    outcome_counts,
    print_analysis,
    print_verdicts,
    verdict_json,
)
from ..reporting.page import Page, build_page, render_page
from ..reporting.progress import say
from .common import console, load_session, progress_bar
from .scope import result_scope


def check(args: argparse.Namespace) -> int:
    """Judge each experiment's expectations; 1 where one is refuted."""
    args.full = True
    session = load_session(args, args.words)
    out, verdicts_by_id = console(), {}
    with Database(session.options.db).read_connection() as connection:
        scope = result_scope(args, session, connection)
        for one in session.selection:
            own_scope = attrs.evolve(scope, experiments=(one.experiment.id,))
            verdicts_by_id[one.experiment.id] = verdicts(connection, one.experiment, own_scope)
    if args.json:
        shown = {
            name: [verdict_json(one) for one in found] for name, found in verdicts_by_id.items()
        }
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        for name, found in verdicts_by_id.items():
            say(out, f"{name} on {scope.model}", "bold")
            print_verdicts(found, out)
            say(out, f"{name}: {outcome_counts(found)}")
    refuted = [
        one for found in verdicts_by_id.values() for one in found if one.outcome is Outcome.REFUTED
    ]
    return 1 if refuted else 0


def report(args: argparse.Namespace) -> int:
    """State what the results say of each experiment's questions, and of several together."""
    args.full = True
    session = load_session(args, args.words)
    experiments = [one.experiment for one in session.selection]
    with Database(session.options.db).read_connection() as connection:
        scope = result_scope(args, session, connection)
        if args.out:
            page = build_page(connection, experiments, scope)
        else:
            readings = analyse(connection, experiments, scope)
    if args.out:
        print(_write_page(page, Path(args.out).resolve()))
    elif args.json:
        print(json.dumps(analysis_json(readings, scope.model), ensure_ascii=False, indent=1))
    else:
        print_analysis(readings, scope.model, console())
    return 0


def _write_page(page: Page, directory: Path) -> Path:
    """The page in its file."""
    figures = [drawing for section in page.sections for drawing in section.figures]
    with progress_bar(len(figures), "draw") as step:
        text = render_page(page, step)
    file = directory / "index.html"
    with translate_write_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
    write_atomic(file, text)
    return file


def power(args: argparse.Namespace) -> int:
    """How sure the results are, and how many seeds or samples a wanted width takes."""
    from ..reporting.tables import plain_table

    args.full = True
    session = load_session(args, args.words)
    out = console()
    table = plain_table(
        "eval", "condition", "seeds", "questions", "width", "detectable", "seeds for", "samples for"
    )
    wanted = args.width
    with Database(session.options.db).read_connection() as connection:
        scope = result_scope(args, session, connection)
        found = load_evidence(connection, scope)
    for one in found:
        for at in one.trained_indices():
            scores = one.scores[at]
            parts = variance_components(scores, is_share=one.is_share)
            questions = int((scores.counts > 0).all(axis=0).sum())
            samples = scores.n / max(scores.runs * questions, 1)
            seeds = required_runs(parts, wanted, questions, samples)
            each = (
                required_samples(parts, wanted, scores.runs, questions) if one.is_sampled else None
            )
            table.add_row(
                f"{one.setting} {one.label}",
                one.conditions[at].name,
                str(scores.runs),
                str(questions),
                f"{_width(one.study.mean(at)):.3f}",
                f"{minimum_detectable_effect(parts, scores.runs, questions, samples):.3f}",
                str(seeds or "none"),
                str(each or "none") if one.is_sampled else "–",
            )
    if not table.rows:
        raise NothingSelected("no trained condition has scores", hint="`mi run` first")
    out.print(table)
    say(
        out,
        f"width: of the 95 % interval now; seeds for, samples for: how many it takes for a width "
        f"of {wanted:g}, the rest as it is (none: other noise alone is wider); detectable: the "
        "smallest difference between two conditions that a test detects with 80 % power",
        "dim",
    )
    if not any(one.study.basis == "over seeds" for one in found):
        say(
            out,
            "with one seed it is not known how much seeds differ: it may take more of them",
            "yellow",
        )
    return 0


def _width(estimate: Estimate) -> float:
    return estimate.high - estimate.low
