"""`mi rejudge --all`: buy a judge's verdicts on every stored answer that lacks them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..errors import NothingSelected, UsageError
from ..planning.archive import ArchiveSurvey, declared_rubrics, judge_change, survey_archive
from ..planning.evals import DECLARED, NO_JUDGE
from ..planning.plan import Plan
from ..planning.prepare import PreparedPlan
from ..planning.session import Session
from ..providers.pricing import format_cost
from ..reporting.console import say
from ..reporting.header import ending_lines
from ..reporting.text import pluralize
from ..spec import Eval
from ..version import __version__
from .common import console, load_session
from .logfile import log_to_file

if TYPE_CHECKING:
    from rich.console import Console

_NARROWING = ("keyword", "marks", "setting", "seed", "kind", "set", "data", "model", "base_url")
"""Arguments that select or change what is run, which leave nothing to `--all`."""


def archive(args: argparse.Namespace) -> int:
    """Judge every stored answer that lacks a verdict of the named judges; exit codes as `run`."""
    from .run import run_approved

    names = _judge_names(args)
    out = console(stderr=args.json)
    with log_to_file(args.log_file):
        session = load_session(args, [])
        rubrics = list(declared_rubrics(all_evals()))
        surveys = [
            survey_archive(
                session.store, name, judge_change(session.providers, name, args.votes), rubrics
            )
            for name in names
        ]
        for survey in surveys:
            for archived in survey.evals:
                session.eval_resolver.add_recorded(archived.questions)
        units = tuple(unit for survey in surveys for unit in survey.plan().units)
        prepared = PreparedPlan(session=session, plan=Plan(units=units, cells=()))
        _print_surveys(surveys, prepared, out)
        if not units:
            if args.json:
                print(json.dumps({"done": [], "failed": {}, "cost_usd": 0.0}))
            return 0
        code = run_approved(args, prepared, out)
        if not args.dry_run:
            say(out, _results_line(names))
        return code


def all_evals() -> Iterator[Eval]:
    """The evals that are declared: the registry's, and those of settings and experiments."""
    from .. import registry

    yield from (registry.evals[name] for name in registry.evals)
    for experiment in registry.collect().all().values():
        yield from experiment.evals
        for setting in experiment.settings:
            yield from (*setting.id_evals, *setting.ood_evals)


def survey_line(survey: ArchiveSurvey) -> str:
    """`1200 of 5000 stored answers lack a verdict of openai:gpt-4o-2024-08-06`."""
    return (
        f"{survey.lacking} of {pluralize(survey.answers, 'stored answer')} that a model judges "
        f"{'lack' if survey.lacking != 1 else 'lacks'} a verdict of {survey.judge}"
    )


def archive_command(judge: str) -> str:
    """The command that archives the verdicts of a judge."""
    return f"mi rejudge --all --judge {judge} --batch --max-cost USD"


def _judge_names(args: argparse.Namespace) -> list[str]:
    """The judges that are named.

    Raises:
        UsageError: None is, or something else narrows what is judged.
    """
    given = [name for name in _NARROWING if getattr(args, name, None)]
    if args.words or given or args.full:
        named = [*args.words, *(f"--{name}" for name in given), *(["--full"] if args.full else [])]
        raise UsageError(
            f"--all judges every stored answer, so {', '.join(named)} cannot narrow it",
            hint="leave out --all to judge the answers of some experiments",
        )
    names = list(dict.fromkeys(args.judge))
    if not names or {DECLARED, NO_JUDGE} & set(names):
        raise UsageError(
            "--all takes the judge by its name", hint=archive_command("openai:gpt-4o-2024-08-06")
        )
    return names


def _print_surveys(surveys: list[ArchiveSurvey], prepared: PreparedPlan, out: Console) -> None:
    """Print what the judges have not seen, what is left out, and the estimated cost.

    Raises:
        NothingSelected: No stored answer is one that a model judges.
    """
    session: Session = prepared.session
    store = session.options.display_path(session.options.store)
    say(out, f"mi {__version__} · every stored answer · store {store}")
    for survey in surveys:
        evals = pluralize(len(survey.evals), "eval")
        say(out, f"{survey_line(survey)} ({evals} to do)")
    for reason, number in surveys[0].left_out.items():
        say(out, f"left out: {pluralize(number, 'eval')} ({reason})", "yellow")
    if unfinished := surveys[0].unfinished:
        text = pluralize(unfinished, "answer")
        say(out, f"left out: {text} of evals that are not finished; `mi run` finishes them", "dim")
    if not any(survey.answers for survey in surveys):
        raise NothingSelected(
            "there are no answers to judge",
            hint="only answers of finished evals that a model judges can be judged again",
        )
    for line in ending_lines(session, prepared.plan):
        say(out, line, "yellow")
    if prepared.plan.todo:
        say(
            out,
            f"about {format_cost(prepared.costs.total())} in all; prompts are counted, and "
            "replies are estimates",
        )


def _results_line(names: list[str]) -> str:
    judges = " ".join(f"--judge {name}" for name in names)
    return f"verdicts are kept; `mi rejudge EXPERIMENT {judges}` shows them as results, at no cost"
