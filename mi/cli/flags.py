"""Groups of flags that several commands share, with one line of help each."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T", int, float)
UNIT_KINDS = ("mix", "train", "replay", "eval")
SELECTOR_HELP = 'experiment ids, patterns ("A05*"), files, cell ids'
_PLACES, _SELECTION, _RUNNING = "model, data and places", "selection", "running"


def add_store_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that name the store and the results database."""
    group = _get_group(parser, _PLACES)
    group.add_argument("--store", metavar="DIR", help="units: a folder or s3://… (default .mi)")
    group.add_argument("--db", metavar="FILE", help="database (default results.duckdb)")


def add_quote_flag(parser: argparse.ArgumentParser, *, default: bool) -> None:
    """Add the flag that quotes texts of CSV files which spreadsheets take for formulas."""
    parser.add_argument(
        "--quote-formulas",
        action=argparse.BooleanOptionalAction,
        default=default,
        help="in CSV, put ' before texts that spreadsheets would run as formulas (default "
        f"{'on' if default else 'off'})",
    )


def add_model_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that choose model, data, judges and prices."""
    group = _get_group(parser, _PLACES)
    add = group.add_argument
    add("--model", metavar="M", help="provider:name (default: the embedded model)")
    add("--base-url", metavar="URL", help="address of the server that serves --model")
    _add_repeatable(group, "--data", "SETTING=SRC", "bundled, upstream, upstream:NAME, or a path")
    _add_repeatable(group, "--judge", "M", "provider:name (repeat for a panel), declared, none")
    votes = _number_type("number of votes", int, 1, 25)
    add("--votes", type=votes, metavar="N", help="ask a judge without logprobs N times")
    add_set_flag(parser)
    _add_repeatable(group, "--price", "MODEL=…", "IN,OUT,TRAIN[,…], US$ per million tokens")


def add_set_flag(parser: argparse.ArgumentParser) -> None:
    """Add the flag that overrides declared fields."""
    group = _get_group(parser, _PLACES)
    _add_repeatable(group, "--set", "FIELD=VALUE", "total_samples=50,100 or training.epochs=2")


def add_selection_flags(parser: argparse.ArgumentParser) -> None:
    """Add the positional ids and the flags that narrow them to cells and units."""
    _add_selection_flags(parser, "+")


def add_optional_selection_flags(parser: argparse.ArgumentParser) -> None:
    """`add_selection_flags` for a command that takes something else in place of ids."""
    _add_selection_flags(parser, "*")


def _add_selection_flags(parser: argparse.ArgumentParser, number: str) -> None:
    parser.add_argument("words", nargs=number, metavar="ID", help=SELECTOR_HELP)
    group = _get_group(parser, _SELECTION)
    add = group.add_argument
    add_full_flag(group)
    add("-k", dest="keyword", metavar="EXPR", help='"legal and not seed=1", "n<=500 and seed==0"')
    add("-m", dest="marks", metavar="EXPR", help='by marks: "pilot and not slow", "paid"')
    _add_repeatable(group, "--setting", "S", "only cells of this setting")
    _add_repeatable(group, "--seed", "N", "only cells of this seed", type=int)
    help = "only units of this kind: mix, train, eval"
    _add_repeatable(group, "--kind", "KIND", help, choices=UNIT_KINDS)
    help = "list cells and do nothing (-q: bare ids)"
    add("--collect-only", "--co", action="store_true", help=help)
    add("-q", "--quiet", action="store_true", help="print less")


def add_spending_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that limit and reduce spending."""
    group = _get_group(parser, _RUNNING)
    dollars = _number_type("amount of US dollars", float, 0, 1e12)
    group.add_argument("--max-cost", type=dollars, metavar="USD", help="limit on spending")
    help = "use the provider's batch service: cheaper, slower"
    group.add_argument("--batch", action="store_true", help=help)


def add_run_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that control how units run and what is reported."""
    group = _get_group(parser, _RUNNING)
    add, positive = group.add_argument, _number_type("positive number", int, 1, 10**6)
    add("-x", dest="maxfail", action="store_const", const=1, help="stop after the first failure")
    add("--maxfail", type=positive, metavar="N", help="stop after N failures")
    add("-n", dest="max_concurrent", type=positive, metavar="N", help="run at most N units at once")
    add("--executor", metavar="NAME", help="where units run (default: this process)")
    hidden = argparse.SUPPRESS  # messages name it where it is of use
    add("--no-probe", dest="probe", action="store_const", const=False, help=hidden)
    add("--ray-address", metavar="ADDR", help="the cluster of --executor ray")
    add("--dry-run", action="store_true", help="show what would be done, do nothing")
    add("-v", "--verbose", action="store_true", help="print more")
    number = _number_type("number", int, 0, 10**9)
    add("--durations", type=number, metavar="N", help="list the N slowest units (0: all)")
    add("--junitxml", metavar="FILE", help="write a report for CI servers")
    add("--log-file", metavar="FILE", help="write a log with timestamps")
    add("--json", action="store_true", help="print results as JSON; progress on stderr")


def add_redo_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that repeat failed or finished units."""
    group = _get_group(parser, _RUNNING)
    add = group.add_argument
    add("--lf", "--last-failed", action="store_true", help="only units that failed")
    add("--retry-failed", action="store_true", help="also retry permanent failures")
    _add_repeatable(group, "--force", "KEY", "redo a finished unit; the old one is archived")


def add_full_flag(group: Any) -> None:
    """Add `--full` to a parser or a group of it."""
    group.add_argument("--full", action="store_true", help="everything declared, not the pilot")


def add_json_flag(parser: argparse.ArgumentParser) -> None:
    """Add `--json`."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def _get_group(parser: argparse.ArgumentParser, title: str) -> Any:
    """Return the group of that title; create it if the parser has none."""
    for group in parser._action_groups:
        if group.title == title:
            return group
    return parser.add_argument_group(title)


def _add_repeatable(group: Any, flag: str, metavar: str, help: str, **options: Any) -> None:
    group.add_argument(flag, action="append", default=[], metavar=metavar, help=help, **options)


def _number_type(
    description: str, kind: Callable[[str], T], low: float, high: float
) -> Callable[[str], T]:
    """An argparse type for numbers in [low, high]; its name is what argparse's error calls it."""

    def convert(text: str) -> T:
        number = kind(text.removeprefix("$"))
        if not low <= number <= high:
            raise ValueError
        return number

    convert.__name__ = description
    return convert
