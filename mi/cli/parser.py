"""The words of the command line. Light: a command's module is imported when it is run."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from ..errors import UsageError
from ..version import __version__
from . import flags

_WIDEST = 100
_IDS = "ID [ID …]"


class Help(argparse.HelpFormatter):
    """A line an option, as far as a terminal lets it."""

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        super().__init__(prog, max_help_position=27, width=width)


class Parser(argparse.ArgumentParser):
    """argparse, with this program's exit code for usage errors."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=Help, **options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"`{self.prog} --help`")


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The parsed words; `command` is the function to call with them.

    Raises:
        UsageError: The words do not fit.
    """
    parsed, more = parser().parse_known_args(words)
    if more:
        command = next((word for word in words if not word.startswith("-")), "")
        hint = f"`mi {command} --help`"
        raise UsageError(f"unrecognized arguments: {' '.join(more)}", hint=hint)
    parsed.argv = ("mi", *words)
    return parsed


def parser() -> Parser:
    """The parser of the whole command line."""
    whole = Parser(
        prog="mi",
        description="Declared fine-tuning experiments, run once, with every result in one file.",
        epilog="example: mi run A05a",
    )
    whole.add_argument("--version", action="version", version=f"mi {__version__}")
    add = whole.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser
    _run(add)
    _watch(add)
    _understand(add)
    _results(add)
    _findings(add)
    _stores(add)
    _data(add)
    _project(add)
    return whole


def _command(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    def call(parsed: argparse.Namespace) -> int:
        command = getattr(import_module(f"mi.cli.{module}"), name)
        code: int = command(parsed)
        return code

    return call


def _sub(
    add: Any,
    name: str,
    module: str,
    help: str,
    example: str,
    function: str | None = None,
    words: str | None = None,
) -> Parser:
    made: Parser = add(
        name,
        help=help,
        description=help,
        epilog=f"example: {example}",
        usage=f"mi {name} {words} [options]" if words else None,
    )
    made.set_defaults(command=_command(module, function or name))
    return made


def _with(made: Parser, *groups: Callable[[argparse.ArgumentParser], None]) -> None:
    for group in groups:
        group(made)


def _run(add: Any) -> None:
    made = _sub(
        add,
        "run",
        "run",
        "Do what is missing, then show results.",
        "mi run A05a --full",
        words=_IDS,
    )
    _with(
        made,
        flags.selection,
        flags.again,
        flags.running,
        flags.spending,
        flags.subject,
        flags.places,
    )
    made = _sub(
        add, "plan", "plan", "Show what a run would do and cost.", "mi plan A05b", words=_IDS
    )
    _with(made, flags.selection, flags.again, flags.spending, flags.subject, flags.places)
    made.add_argument("--json", action="store_true", help="the plan as JSON")
    what = "Have stored answers judged again, by other judges; both verdicts are kept."
    example = "mi rejudge A05a --judge openai:gpt-4.1-2025-04-14 --max-cost 5"
    made = _sub(add, "rejudge", "run", what, example, words=_IDS)
    made.set_defaults(rejudge=True)
    _with(made, flags.selection, flags.running, flags.spending, flags.subject, flags.places)


def _watch(add: Any) -> None:
    made = _sub(add, "status", "status", "How far units and jobs are.", "mi status A05a --watch")
    made.add_argument("words", nargs="*", metavar="ID", help=f"{flags.WHAT} (default: last run)")
    made.add_argument("--full", action="store_true", help="all that is declared, not the pilot")
    made.add_argument("--watch", action="store_true", help="again and again, until all is done")
    made.add_argument("--json", action="store_true", help="as JSON")
    _with(made, flags.subject, flags.places)
    made = _sub(add, "cancel", "cancel", "End what runs at a provider.", "mi cancel A05a")
    made.add_argument("words", nargs="+", metavar="ID", help=flags.WHAT)
    made.add_argument("--full", action="store_true", help="all that is declared, not the pilot")
    made.add_argument("--yes", action="store_true", help="do not ask")
    _with(made, flags.subject, flags.places)


def _understand(add: Any) -> None:
    made = _sub(add, "list", "show", "List the declared experiments.", "mi list 'A05*'")
    made.add_argument("words", nargs="*", metavar="ID", help="patterns over experiment ids")
    made.add_argument("--json", action="store_true", help="as JSON")
    made = _sub(add, "show", "show", "Show an experiment, a cell or a unit.", "mi show A05a")
    made.add_argument("word", metavar="ID", help="experiment id, cell id, or a unit's key")
    made.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    _with(made, flags.subject, flags.places)
    example = "mi why A05a::insecure_code::baseline"
    made = _sub(add, "why", "explain", "Say why units are done or not.", example)
    made.add_argument("word", metavar="CELL", help="a cell's id, as --collect-only lists them")
    made.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    _with(made, flags.subject, flags.places)
    example = "mi diff train-3f9c train-a1b2"
    made = _sub(add, "diff", "explain", "Say what differs between two units.", example)
    for name in ("old", "new"):
        made.add_argument(name, metavar="KEY", help="a unit's key, or how it begins")
    made.add_argument("--json", action="store_true", help="as JSON")
    flags.places(made)
    made = _sub(
        add, "tree", "explain", "Show units below what they need.", "mi tree A05a", words=_IDS
    )
    _with(made, flags.selection, flags.subject, flags.places)
    made = _sub(add, "log", "explain", "List what was run.", "mi log A05a -n 5")
    made.add_argument("words", nargs="*", metavar="ID", help="only runs of these experiments")
    made.add_argument("-n", dest="number", type=int, default=20, metavar="N", help="at most")
    made.add_argument("--json", action="store_true", help="as JSON")
    flags.places(made)


def _findings(add: Any) -> None:
    made = _sub(add, "check", "check", "Judge expectations by the data.", "mi check A05a")
    made.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    made.add_argument("--json", action="store_true", help="as JSON")
    _with(made, flags.subject, flags.places)
    made = _sub(add, "report", "check", "Answer the questions.", "mi report A05a --out report")
    made.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    made.add_argument("--out", metavar="DIR", help="write a page there, with every answer")
    made.add_argument("--json", action="store_true", help="as JSON")
    _with(made, flags.subject, flags.places)
    made = _sub(add, "power", "check", "How sure results are.", "mi power A05a --width 0.05")
    made.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    made.add_argument("--width", type=float, default=0.1, metavar="W", help="wanted width")
    _with(made, flags.subject, flags.places)


def _results(add: Any) -> None:
    made = _sub(add, "plot", "database", "Draw figures from results.", "mi plot A05a")
    made.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    made.add_argument("--out", dest="figures", metavar="DIR", help="folder (default figures/)")
    _with(made, flags.subject, flags.places)
    query = '"SELECT condition, metric, mean FROM results"'
    made = _sub(add, "sql", "database", "Ask the results database (read-only).", f"mi sql {query}")
    made.add_argument("query", help="SQL, over the views results, conditions, answers, …")
    formats = ("table", "csv", "json", "markdown")
    made.add_argument("--format", choices=formats, default="table", help="output")
    flags.places(made)
    made = _sub(add, "rebuild", "database", "Make the database from the store.", "mi rebuild")
    flags.places(made)


def _stores(add: Any) -> None:
    made = _sub(add, "export", "export", "Write results for others.", "mi export --out shared")
    made.add_argument("--out", required=True, metavar="DIR", help="a new folder, or an export")
    formats = ("parquet", "csv")
    made.add_argument("--format", choices=formats, default="parquet", help="of the views")
    flags.places(made)
    what, example = "Add another machine's store.", "mi import copied/.mi"
    made = _sub(add, "import", "export", what, example, function="import_")
    made.add_argument("path", metavar="DIR", help="a store, or the folder it is in")
    made.add_argument("--dry-run", action="store_true", help="say what would come")
    flags.places(made)
    made = _sub(add, "gc", "gc", "List, or remove, what nothing needs.", "mi gc --delete")
    made.add_argument("--delete", action="store_true", help="remove it")
    made.add_argument("--paid", action="store_true", help="even what money was paid for")
    made.add_argument("--json", action="store_true", help="as JSON")
    flags.places(made)


def _data(add: Any) -> None:
    what = "Training data and question sets: where they are from, and whether they are here."
    made: Parser = add("data", help=what, description=what, epilog="example: mi data list")
    add = made.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser

    def sub(name: str, help: str, example: str) -> Parser:
        inner: Parser = add(name, help=help, description=help, epilog=f"example: {example}")
        inner.set_defaults(command=_command("data", f"data_{name}"))
        return inner

    made = sub("list", "List every source.", "mi data list")
    made.add_argument("--json", action="store_true", help="as JSON")
    made = sub("pull", "Fetch published files.", "mi data pull reward_hacking first_plot")
    made.add_argument("words", nargs="*", metavar="NAME", help=_PULLED)
    made.add_argument("--all", action="store_true", help="all that can be fetched")
    made.add_argument("--from", dest="given", metavar="PATH", help="a copy you have")
    made = sub("verify", "Compare files with what they were.", "mi data verify")
    made.add_argument("words", nargs="*", metavar="NAME", help=f"{_PULLED} (default: all)")
    made = sub("show", "Show a setting's data.", "mi data show legal_advice -n 5")
    made.add_argument("word", metavar="SETTING", help="a setting")
    made.add_argument("-n", dest="rows", type=int, default=3, metavar="N", help="rows to show")
    made.add_argument("--source", default="bundled", metavar="SOURCE", help=_SOURCE)


_PULLED = "a setting, SETTING:SOURCE, or a question set"
_SOURCE = "bundled, upstream, upstream:NAME, or a folder"


def _project(add: Any) -> None:
    made = _sub(add, "init", "init", "Start a project folder.", "mi init my-study")
    made.add_argument("folder", nargs="?", default=".", metavar="DIR", help="default: here")
    made = _sub(add, "config", "init", "Show the configuration.", "mi config")
    made.add_argument("--json", action="store_true", help="as JSON")
    made.add_argument("--model", metavar="M", help="as the other commands take it")
    made.add_argument("--executor", metavar="NAME", help="likewise")
    flags.places(made)
    what = "Print what makes a shell complete commands and ids."
    made = _sub(add, "completion", "init", what, "mi completion bash >> ~/.bashrc")
    made.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    made = _sub(add, "doctor", "doctor", "Is everything in place?", "mi doctor")
    made.add_argument("--json", action="store_true", help="as JSON")
    _with(made, flags.subject, flags.places)
