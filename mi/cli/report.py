"""`mi report`: answer the questions of experiments, as text, as JSON or as a page."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ..analysis.analyse import analyse
from ..analysis.calibrations import experiment_rates
from ..database import Database
from ..files.atomic import translate_write_errors, write_atomic
from ..reporting.calibrations import corrected_json, print_corrected
from ..reporting.findings import analysis_json, print_analysis
from ..reporting.page import Page, build_page, render_page
from .common import console, load_session, progress_bar
from .scope import result_scope


def report(args: argparse.Namespace) -> int:
    """Answer the questions of each experiment, and of several together."""
    args.full = True
    session = load_session(args, args.words)
    experiments = [selection.experiment for selection in session.selection]
    with Database(session.options.db).read_connection() as connection:
        scope = result_scope(args, session, connection)
        if args.out:
            page = build_page(connection, experiments, scope)
        else:
            analysis = analyse(connection, experiments, scope)
            rates = experiment_rates(connection, scope.experiments, scope.model)
    if args.out:
        print(_write_page(page, Path(args.out).resolve()))
    elif args.json:
        values = analysis_json(analysis, scope.model)
        if rates:
            values["corrected"] = corrected_json(rates)
        print(json.dumps(values, ensure_ascii=False, indent=1))
    else:
        print_analysis(analysis, scope.model, console())
        print_corrected(rates, console())
    return 0


def _write_page(page: Page, directory: Path) -> Path:
    """Write the page to `index.html` in the directory and return its path."""
    figures = [drawing for section in page.sections for drawing in section.drawings]
    with progress_bar(len(figures), "draw") as advance:
        text = render_page(page, advance)
    path = directory / "index.html"
    with translate_write_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
    write_atomic(path, text)
    return path
