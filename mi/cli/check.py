"""`mi check`, `mi report`, `mi power`: what the results say, and how sure they can be."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import attrs

from ..analysis.analyse import read
from ..analysis.evidence import evidence
from ..analysis.stats import Estimate, components, detectable, runs_for, samples_for
from ..analysis.verdicts import Outcome, verdicts
from ..database import Database
from ..errors import NothingSelected
from ..files.atomic import write_whole, written
from ..reporting.findings import (
    print_readings,
    print_verdicts,
    readings_json,
    tally,
    verdict_json,
)
from ..reporting.page import Page, build, render
from ..reporting.progress import say
from .common import bar, console, session
from .scope import subject


def check(parsed: argparse.Namespace) -> int:
    """Judge each experiment's expectations; 1 where one is refuted."""
    parsed.full = True
    opened = session(parsed, parsed.words)
    out, made = console(), {}
    with Database(opened.options.db).reading() as connection:
        about = subject(parsed, opened, connection)
        for one in opened.selected:
            alone = attrs.evolve(about, experiments=(one.experiment.id,))
            made[one.experiment.id] = verdicts(connection, one.experiment, alone)
    if parsed.json:
        shown = {name: [verdict_json(one) for one in found] for name, found in made.items()}
        print(json.dumps(shown, ensure_ascii=False, indent=1))
    else:
        for name, found in made.items():
            say(out, f"{name} on {about.model}", "bold")
            print_verdicts(found, out)
            say(out, f"{name}: {tally(found)}")
    refuted = [one for found in made.values() for one in found if one.outcome is Outcome.REFUTED]
    return 1 if refuted else 0


def report(parsed: argparse.Namespace) -> int:
    """State what the results say of each experiment's questions, and of several together."""
    parsed.full = True
    opened = session(parsed, parsed.words)
    experiments = [one.experiment for one in opened.selected]
    with Database(opened.options.db).reading() as connection:
        about = subject(parsed, opened, connection)
        if parsed.out:
            page = build(connection, experiments, about)
        else:
            readings = read(connection, experiments, about)
    if parsed.out:
        print(_written(page, Path(parsed.out).resolve()))
    elif parsed.json:
        print(json.dumps(readings_json(readings, about.model), ensure_ascii=False, indent=1))
    else:
        print_readings(readings, about.model, console())
    return 0


def _written(page: Page, folder: Path) -> Path:
    """The page in its file."""
    figures = [drawing for section in page.sections for drawing in section.figures]
    with bar(len(figures), "draw") as step:
        text = render(page, step)
    file = folder / "index.html"
    with written(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_whole(file, text)
    return file


def power(parsed: argparse.Namespace) -> int:
    """How sure the results are, and how many seeds or samples a wanted width takes."""
    from ..reporting.tables import plain_table

    parsed.full = True
    opened = session(parsed, parsed.words)
    out = console()
    table = plain_table(
        "eval", "condition", "seeds", "questions", "width", "detectable", "seeds for", "samples for"
    )
    wanted = parsed.width
    with Database(opened.options.db).reading() as connection:
        about = subject(parsed, opened, connection)
        found = evidence(connection, about)
    for one in found:
        for at in one.trained():
            scores = one.scores[at]
            parts = components(scores, share=one.share)
            questions = int((scores.counts > 0).all(axis=0).sum())
            samples = scores.n / max(scores.runs * questions, 1)
            seeds = runs_for(parts, wanted, questions, samples)
            each = samples_for(parts, wanted, scores.runs, questions) if one.sampled else None
            table.add_row(
                f"{one.setting} {one.called}",
                one.conditions[at].name,
                str(scores.runs),
                str(questions),
                f"{_width(one.study.mean(at)):.3f}",
                f"{detectable(parts, scores.runs, questions, samples):.3f}",
                str(seeds or "none"),
                str(each or "none") if one.sampled else "–",
            )
    if not table.rows:
        raise NothingSelected("no trained condition has scores", hint="`mi run` first")
    out.print(table)
    say(
        out,
        f"width: of the 95 % interval now; seeds for, samples for: how many it takes for a width "
        f"of {wanted:g}, the rest as it is (none: other noise alone is wider); detectable: the "
        "difference between two conditions that is found four times of five",
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
