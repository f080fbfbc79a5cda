"""Groups of flags that several commands take, one line of help each."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T", int, float)
UNIT_KINDS = ("mix", "train", "eval")
SELECTOR_HELP = 'experiment ids, patterns ("A05*"), files, cell ids'


def add_store_flags(parser: argparse.ArgumentParser) -> None:
    """Where the store and the database are."""
    group = _get_group(parser, "model, data and places")
    group.add_argument("--store", metavar="DIR", help="units: a folder, or s3://… (default .mi)")
    group.add_argument("--db", metavar="FILE", help="results (default results.duckdb)")


def add_model_flags(parser: argparse.ArgumentParser) -> None:
    """What is trained, on what, judged by whom."""
    group = _get_group(parser, "model, data and places")
    add = group.add_argument
    add("--model", metavar="M", help="provider:name (default: the embedded model)")
    add("--base-url", metavar="URL", help="the server --model is at, where it has one")
    _add_repeatable(group, "--data", "SETTING=SRC", "bundled, upstream, upstream:NAME, or a path")
    _add_repeatable(group, "--judge", "M", "provider:name, several: a panel; declared, none")
    votes = _number_type("number of votes", int, 1, 25)
    add("--votes", type=votes, metavar="N", help="ask a judge without logprobs N times")
    _add_repeatable(group, "--set", "FIELD=VALUE", "total_samples=50,100 or training.epochs=2")
    _add_repeatable(group, "--price", "MODEL=…", "IN,OUT,TRAIN[,…], US$ a million tokens")


def add_selection_flags(parser: argparse.ArgumentParser) -> None:
    """Which cells and units are meant."""
    parser.add_argument("words", nargs="+", metavar="ID", help=SELECTOR_HELP)
    group = _get_group(parser, "selection")
    add = group.add_argument
    add("--full", action="store_true", help="all that is declared, not the pilot")
    add("-k", dest="keyword", metavar="EXPR", help='"legal and not seed=1", "n<=500 and seed==0"')
    add("-m", dest="marks", metavar="EXPR", help='by marks: "pilot and not slow", "paid"')
    _add_repeatable(group, "--setting", "S", "only this setting's cells")
    _add_repeatable(group, "--seed", "N", "only this seed's cells", type=int)
    _add_repeatable(
        group, "--kind", "KIND", "only units of a kind: mix, train, eval", choices=UNIT_KINDS
    )
    add("--collect-only", "--co", action="store_true", help="list cells, do nothing (-q: bare ids)")
    add("-q", "--quiet", action="store_true", help="say less")


def add_spending_flags(parser: argparse.ArgumentParser) -> None:
    """What may be spent."""
    group = _get_group(parser, "running")
    add = group.add_argument
    dollars = _number_type("amount of US dollars", float, 0, 1e12)
    add("--max-cost", type=dollars, metavar="USD", help="the most that may be spent")
    add("--batch", action="store_true", help="through batches: cheaper, slower")


def add_run_flags(parser: argparse.ArgumentParser) -> None:
    """How units are done, and what is said of it."""
    group = _get_group(parser, "running")
    add, positive = group.add_argument, _number_type("positive number", int, 1, 10**6)
    add("-x", dest="maxfail", action="store_const", const=1, help="stop after the first failure")
    add("--maxfail", type=positive, metavar="N", help="stop after N failures")
    add("-n", dest="at_once", type=positive, metavar="N", help="at most N units at once")
    add("--executor", metavar="NAME", help="where units run (default: this process)")
    add("--ray-address", metavar="ADDR", help="the cluster of --executor ray")
    add("--dry-run", action="store_true", help="say what would be done, do nothing")
    add("-v", "--verbose", action="store_true", help="say more")
    number = _number_type("number", int, 0, 10**9)
    add("--durations", type=number, metavar="N", help="the N slowest units (0: all)")
    add("--junitxml", metavar="FILE", help="a report that CI servers read")
    add("--log-file", metavar="FILE", help="all that is said, with times")
    add("--json", action="store_true", help="results as JSON; progress on stderr")


def add_redo_flags(parser: argparse.ArgumentParser) -> None:
    """What is done again."""
    group = _get_group(parser, "running")
    group.add_argument("--lf", "--last-failed", action="store_true", help="only what failed")
    group.add_argument("--retry-failed", action="store_true", help="even what was refused for good")
    _add_repeatable(group, "--force", "KEY", "do a unit again; the old one is put aside")


def _get_group(parser: argparse.ArgumentParser, title: str) -> Any:
    """The group of that title, made where it is not there yet."""
    found = [one for one in parser._action_groups if one.title == title]
    return found[0] if found else parser.add_argument_group(title)


def _add_repeatable(group: Any, flag: str, metavar: str, help: str, **options: Any) -> None:
    group.add_argument(flag, action="append", default=[], metavar=metavar, help=help, **options)


def _number_type(
    description: str, kind: Callable[[str], T], low: float, high: float
) -> Callable[[str], T]:
    def convert(text: str) -> T:
        number = kind(text.removeprefix("$"))
        if not low <= number <= high:
            raise ValueError
        return number

    convert.__name__ = description
    return convert
