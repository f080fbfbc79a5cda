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

_MAX_WIDTH = 100
_ID_USAGE = "ID [ID …]"


class HelpFormatter(argparse.HelpFormatter):
    """A line an option, as far as a terminal lets it."""

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size().columns, _MAX_WIDTH)
        super().__init__(prog, max_help_position=27, width=width)


class ArgumentParser(argparse.ArgumentParser):
    """argparse, with this program's exit code for usage errors."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=HelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"`{self.prog} --help`")


def parse_args(words: Sequence[str]) -> argparse.Namespace:
    """The parsed words; `command` is the function to call with them.

    Raises:
        UsageError: The words do not fit.
    """
    args, unknown = build_parser().parse_known_args(words)
    if unknown:
        command = next((word for word in words if not word.startswith("-")), "")
        hint = f"`mi {command} --help`"
        raise UsageError(f"unrecognized arguments: {' '.join(unknown)}", hint=hint)
    args.argv = ("mi", *words)
    return args


def build_parser() -> ArgumentParser:
    """The parser of the whole command line."""
    parser = ArgumentParser(
        prog="mi",
        description="Declared fine-tuning experiments, run once, with every result in one file.",
        epilog="example: mi run A05a",
    )
    parser.add_argument("--version", action="version", version=f"mi {__version__}")
    add = parser.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser
    _add_run_commands(add)
    _add_progress_commands(add)
    _add_inspection_commands(add)
    _add_database_commands(add)
    _add_analysis_commands(add)
    _add_store_commands(add)
    _add_data_commands(add)
    _add_project_commands(add)
    return parser


def _lazy_command(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    def call(parsed: argparse.Namespace) -> int:
        command = getattr(import_module(f"mi.cli.{module}"), name)
        code: int = command(parsed)
        return code

    return call


def _add_command(
    add: Any,
    name: str,
    module: str,
    help: str,
    example: str,
    function: str | None = None,
    words: str | None = None,
) -> ArgumentParser:
    command: ArgumentParser = add(
        name,
        help=help,
        description=help,
        epilog=f"example: {example}",
        usage=f"mi {name} {words} [options]" if words else None,
    )
    command.set_defaults(command=_lazy_command(module, function or name))
    return command


def _add_flags(command: ArgumentParser, *groups: Callable[[argparse.ArgumentParser], None]) -> None:
    for group in groups:
        group(command)


def _add_run_commands(add: Any) -> None:
    command = _add_command(
        add,
        "run",
        "run",
        "Do what is missing, then show results.",
        "mi run A05a --full",
        words=_ID_USAGE,
    )
    _add_flags(
        command,
        flags.add_selection_flags,
        flags.add_redo_flags,
        flags.add_run_flags,
        flags.add_spending_flags,
        flags.add_model_flags,
        flags.add_store_flags,
    )
    command = _add_command(
        add, "plan", "plan", "Show what a run would do and cost.", "mi plan A05b", words=_ID_USAGE
    )
    _add_flags(
        command,
        flags.add_selection_flags,
        flags.add_redo_flags,
        flags.add_spending_flags,
        flags.add_model_flags,
        flags.add_store_flags,
    )
    command.add_argument("--json", action="store_true", help="the plan as JSON")
    what = "Have stored answers judged again, by other judges; both verdicts are kept."
    example = "mi rejudge A05a --judge openai:gpt-4.1-2025-04-14 --max-cost 5"
    command = _add_command(add, "rejudge", "run", what, example, words=_ID_USAGE)
    command.set_defaults(rejudge=True)
    _add_flags(
        command,
        flags.add_selection_flags,
        flags.add_run_flags,
        flags.add_spending_flags,
        flags.add_model_flags,
        flags.add_store_flags,
    )


def _add_progress_commands(add: Any) -> None:
    command = _add_command(
        add, "status", "status", "How far units and jobs are.", "mi status A05a --watch"
    )
    command.add_argument(
        "words", nargs="*", metavar="ID", help=f"{flags.SELECTOR_HELP} (default: last run)"
    )
    command.add_argument("--full", action="store_true", help="all that is declared, not the pilot")
    command.add_argument("--watch", action="store_true", help="again and again, until all is done")
    command.add_argument("--json", action="store_true", help="as JSON")
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(
        add, "cancel", "cancel", "End what runs at a provider.", "mi cancel A05a"
    )
    command.add_argument("words", nargs="+", metavar="ID", help=flags.SELECTOR_HELP)
    command.add_argument("--full", action="store_true", help="all that is declared, not the pilot")
    command.add_argument("--yes", action="store_true", help="do not ask")
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)


def _add_inspection_commands(add: Any) -> None:
    command = _add_command(add, "list", "show", "List the declared experiments.", "mi list 'A05*'")
    command.add_argument("words", nargs="*", metavar="ID", help="patterns over experiment ids")
    command.add_argument("--json", action="store_true", help="as JSON")
    command = _add_command(
        add, "show", "show", "Show an experiment, a cell or a unit.", "mi show A05a"
    )
    command.add_argument("word", metavar="ID", help="experiment id, cell id, or a unit's key")
    command.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    example = "mi why A05a::insecure_code::baseline"
    command = _add_command(add, "why", "explain", "Say why units are done or not.", example)
    command.add_argument("word", metavar="CELL", help="a cell's id, as --collect-only lists them")
    command.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    example = "mi diff train-3f9c train-a1b2"
    command = _add_command(add, "diff", "explain", "Say what differs between two units.", example)
    for name in ("old", "new"):
        command.add_argument(name, metavar="KEY", help="a unit's key, or how it begins")
    command.add_argument("--json", action="store_true", help="as JSON")
    flags.add_store_flags(command)
    command = _add_command(
        add, "tree", "explain", "Show units below what they need.", "mi tree A05a", words=_ID_USAGE
    )
    _add_flags(command, flags.add_selection_flags, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(add, "log", "explain", "List what was run.", "mi log A05a -n 5")
    command.add_argument("words", nargs="*", metavar="ID", help="only runs of these experiments")
    command.add_argument("-n", dest="number", type=int, default=20, metavar="N", help="at most")
    command.add_argument("--json", action="store_true", help="as JSON")
    flags.add_store_flags(command)


def _add_analysis_commands(add: Any) -> None:
    command = _add_command(
        add, "check", "check", "Judge expectations by the data.", "mi check A05a"
    )
    command.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    command.add_argument("--json", action="store_true", help="as JSON")
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(
        add, "report", "check", "Answer the questions.", "mi report A05a --out report"
    )
    command.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    command.add_argument("--out", metavar="DIR", help="write a page there, with every answer")
    command.add_argument("--json", action="store_true", help="as JSON")
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(
        add, "power", "check", "How sure results are.", "mi power A05a --width 0.05"
    )
    command.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    command.add_argument("--width", type=float, default=0.1, metavar="W", help="wanted width")
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)


def _add_database_commands(add: Any) -> None:
    command = _add_command(add, "plot", "database", "Draw figures from results.", "mi plot A05a")
    command.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    command.add_argument("--out", dest="figures", metavar="DIR", help="folder (default figures/)")
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    query = '"SELECT condition, metric, mean FROM results"'
    command = _add_command(
        add, "sql", "database", "Ask the results database (read-only).", f"mi sql {query}"
    )
    command.add_argument("query", help="SQL, over the views results, conditions, answers, …")
    formats = ("table", "csv", "json", "markdown")
    command.add_argument("--format", choices=formats, default="table", help="output")
    flags.add_store_flags(command)
    command = _add_command(
        add, "rebuild", "database", "Make the database from the store.", "mi rebuild"
    )
    flags.add_store_flags(command)


def _add_store_commands(add: Any) -> None:
    command = _add_command(
        add, "export", "export", "Write results for others.", "mi export --out shared"
    )
    command.add_argument("--out", required=True, metavar="DIR", help="a new folder, or an export")
    formats = ("parquet", "csv")
    command.add_argument("--format", choices=formats, default="parquet", help="of the views")
    flags.add_store_flags(command)
    what, example = "Add another machine's store.", "mi import copied/.mi"
    command = _add_command(add, "import", "export", what, example, function="import_")
    command.add_argument("path", metavar="DIR", help="a store, or the folder it is in")
    command.add_argument("--dry-run", action="store_true", help="say what would come")
    flags.add_store_flags(command)
    command = _add_command(
        add, "gc", "gc", "List, or remove, what nothing needs.", "mi gc --delete"
    )
    command.add_argument("--delete", action="store_true", help="remove it")
    command.add_argument("--paid", action="store_true", help="even what money was paid for")
    command.add_argument("--json", action="store_true", help="as JSON")
    flags.add_store_flags(command)


def _add_data_commands(add: Any) -> None:
    what = "Training data and question sets: where they are from, and whether they are here."
    command: ArgumentParser = add(
        "data", help=what, description=what, epilog="example: mi data list"
    )
    add = command.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser

    def sub(name: str, help: str, example: str) -> ArgumentParser:
        inner: ArgumentParser = add(name, help=help, description=help, epilog=f"example: {example}")
        inner.set_defaults(command=_lazy_command("data", f"data_{name}"))
        return inner

    command = sub("list", "List every source.", "mi data list")
    command.add_argument("--json", action="store_true", help="as JSON")
    command = sub("pull", "Fetch published files.", "mi data pull reward_hacking first_plot")
    command.add_argument("words", nargs="*", metavar="NAME", help=_DATA_NAME_HELP)
    command.add_argument("--all", action="store_true", help="all that can be fetched")
    command.add_argument("--from", dest="given", metavar="PATH", help="a copy you have")
    command = sub("verify", "Compare files with what they were.", "mi data verify")
    command.add_argument(
        "words", nargs="*", metavar="NAME", help=f"{_DATA_NAME_HELP} (default: all)"
    )
    command = sub("show", "Show a setting's data.", "mi data show legal_advice -n 5")
    command.add_argument("word", metavar="SETTING", help="a setting")
    command.add_argument("-n", dest="rows", type=int, default=3, metavar="N", help="rows to show")
    command.add_argument("--source", default="bundled", metavar="SOURCE", help=_SOURCE_HELP)


_DATA_NAME_HELP = "a setting, SETTING:SOURCE, or a question set"
_SOURCE_HELP = "bundled, upstream, upstream:NAME, or a folder"


def _add_project_commands(add: Any) -> None:
    command = _add_command(add, "init", "init", "Start a project folder.", "mi init my-study")
    command.add_argument("folder", nargs="?", default=".", metavar="DIR", help="default: here")
    command = _add_command(add, "config", "init", "Show the configuration.", "mi config")
    command.add_argument("--json", action="store_true", help="as JSON")
    command.add_argument("--model", metavar="M", help="as the other commands take it")
    command.add_argument("--executor", metavar="NAME", help="likewise")
    flags.add_store_flags(command)
    what = "Print what makes a shell complete commands and ids."
    command = _add_command(add, "completion", "init", what, "mi completion bash >> ~/.bashrc")
    command.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    command = _add_command(add, "doctor", "doctor", "Is everything in place?", "mi doctor")
    command.add_argument("--json", action="store_true", help="as JSON")
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
