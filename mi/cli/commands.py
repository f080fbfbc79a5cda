"""The commands: their arguments, their help, and the function that each of them calls.

A function is named as `module:function` below `mi.cli` and imported when its command runs. It takes
the parsed arguments and returns the exit code.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import flags

if TYPE_CHECKING:
    from .parser import ArgumentParser

_ID_USAGE = "ID [ID …]"
_EXPERIMENTS_HELP = "experiment ids or patterns"
_DATA_NAME_HELP = "a setting, SETTING:SOURCE, or a question set"
_SOURCE_HELP = "bundled, upstream, upstream:NAME, or a folder"
_EXPORT_FORMATS = ("parquet", "csv")
_QUERY_FORMATS = ("table", "csv", "json", "markdown")


def add_commands(subparsers: Any) -> None:
    """Add every command to the parser.

    Args:
        subparsers: What `ArgumentParser.add_subparsers` returned.
    """
    add = subparsers.add_parser
    _add_run_commands(add)
    _add_progress_commands(add)
    _add_inspection_commands(add)
    _add_database_commands(add)
    _add_analysis_commands(add)
    _add_store_commands(add)
    _add_data_commands(add)
    _add_project_commands(add)


def _add_run_commands(add: Any) -> None:
    selection = (flags.add_selection_flags, flags.add_redo_flags)
    command = _add_command(
        add,
        "run",
        "run:run",
        "Run what is missing, then show results.",
        "run A05a --full",
        _ID_USAGE,
    )
    _add_flags(command, *selection, flags.add_run_flags, flags.add_spending_flags)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(
        add, "plan", "plan:plan", "Show what a run would do and cost.", "plan A05b", _ID_USAGE
    )
    _add_flags(command, *selection, flags.add_spending_flags)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command.add_argument("--json", action="store_true", help="print the plan as JSON")
    command = _add_command(
        add,
        "rejudge",
        "run:rejudge",
        "Judge stored answers again with other judges; both verdicts are kept.",
        "rejudge A05a --judge openai:gpt-4.1-2025-04-14 --max-cost 5",
        _ID_USAGE,
    )
    command.set_defaults(rejudge=True)
    _add_flags(command, flags.add_selection_flags, flags.add_run_flags, flags.add_spending_flags)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)


def _add_progress_commands(add: Any) -> None:
    command = _add_command(add, "status", "status:status", "Show progress.", "status A05a --watch")
    command.add_argument(
        "words", nargs="*", metavar="ID", help=f"{flags.SELECTOR_HELP} (default: last run)"
    )
    flags.add_full_flag(command)
    command.add_argument("--watch", action="store_true", help="refresh until everything is done")
    flags.add_json_flag(command)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(
        add, "cancel", "cancel:cancel", "Cancel jobs at a provider.", "cancel A05a --model openai:…"
    )
    command.add_argument("words", nargs="+", metavar="ID", help=flags.SELECTOR_HELP)
    flags.add_full_flag(command)
    command.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)


def _add_inspection_commands(add: Any) -> None:
    command = _add_command(
        add, "list", "show:list_experiments", "List the declared experiments.", "list 'A05*'"
    )
    command.add_argument("words", nargs="*", metavar="ID", help="patterns of experiment ids")
    flags.add_json_flag(command)
    command = _add_command(
        add, "show", "show:show", "Show an experiment, a cell or a unit.", "show A05a"
    )
    command.add_argument("word", metavar="ID", help="experiment id, cell id, or a unit's key")
    command.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(
        add,
        "why",
        "explain:why",
        "Explain why the units of a cell are done or not.",
        "why A05a::insecure_code::baseline",
    )
    command.add_argument("word", metavar="CELL", help="cell id, as --collect-only lists it")
    command.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(
        add, "diff", "explain:diff", "Compare two units.", "diff train-3f9c train-a1b2"
    )
    for name in ("old", "new"):
        command.add_argument(name, metavar="KEY", help="a unit's key, or its first characters")
    flags.add_json_flag(command)
    flags.add_store_flags(command)
    command = _add_command(
        add, "tree", "explain:tree", "Show units below the units they need.", "tree A05a", _ID_USAGE
    )
    _add_flags(command, flags.add_selection_flags, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(add, "log", "explain:log", "List past runs.", "log A05a -n 5")
    command.add_argument("words", nargs="*", metavar="ID", help="only runs of these experiments")
    command.add_argument(
        "-n", dest="number", type=int, default=20, metavar="N", help="at most N runs (default 20)"
    )
    flags.add_json_flag(command)
    flags.add_store_flags(command)


def _add_database_commands(add: Any) -> None:
    command = _add_command(
        add, "plot", "database:plot", "Draw figures of the results.", "plot A05a"
    )
    command.add_argument("words", nargs="+", metavar="ID", help=_EXPERIMENTS_HELP)
    command.add_argument("--out", dest="figures", metavar="DIR", help="folder (default figures/)")
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    example = 'sql "SELECT condition, metric, mean FROM results"'
    command = _add_command(
        add, "sql", "database:sql", "Query the results database (read-only).", example
    )
    command.add_argument("query", help="SQL over the views results, conditions, answers, …")
    command.add_argument(
        "--format", choices=_QUERY_FORMATS, default="table", help="output format (default table)"
    )
    flags.add_store_flags(command)
    command = _add_command(
        add, "rebuild", "database:rebuild", "Rebuild the results database.", "rebuild"
    )
    flags.add_store_flags(command)


def _add_analysis_commands(add: Any) -> None:
    command = _add_command(
        add, "check", "check:check", "Judge expectations by the results.", "check A05a"
    )
    command.add_argument("words", nargs="+", metavar="ID", help=_EXPERIMENTS_HELP)
    flags.add_json_flag(command)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(
        add,
        "report",
        "report:report",
        "Answer the questions of experiments.",
        "report A05a --out report",
    )
    command.add_argument("words", nargs="+", metavar="ID", help=_EXPERIMENTS_HELP)
    command.add_argument("--out", metavar="DIR", help="write a page with every answer to DIR")
    flags.add_json_flag(command)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = _add_command(
        add, "power", "power:power", "Show how precise the results are.", "power A05a --width 0.05"
    )
    command.add_argument("words", nargs="+", metavar="ID", help=_EXPERIMENTS_HELP)
    command.add_argument(
        "--width", type=float, default=0.1, metavar="W", help="target interval width (default 0.1)"
    )
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)


def _add_store_commands(add: Any) -> None:
    command = _add_command(
        add, "export", "export:export", "Export results as files.", "export --out shared"
    )
    command.add_argument(
        "--out", required=True, metavar="DIR", help="a new folder, or an earlier export"
    )
    command.add_argument(
        "--format", choices=_EXPORT_FORMATS, default="parquet", help="file format of the views"
    )
    flags.add_store_flags(command)
    command = _add_command(
        add, "import", "export:import_store", "Merge another store.", "import copied/.mi"
    )
    command.add_argument("path", metavar="DIR", help="a store, or the folder that contains it")
    command.add_argument("--dry-run", action="store_true", help="show what would be imported")
    flags.add_store_flags(command)
    command = _add_command(add, "gc", "gc:gc", "List or remove unneeded files.", "gc --delete")
    command.add_argument("--delete", action="store_true", help="remove what was free to make")
    command.add_argument("--paid", action="store_true", help="with --delete: also what cost money")
    flags.add_json_flag(command)
    flags.add_store_flags(command)


def _add_data_commands(add: Any) -> None:
    help = "List, fetch and verify training data and question sets."
    data = add("data", help=help, description=help, epilog="example: mi data list")
    add = data.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser
    command = _add_command(add, "list", "data:list_data", "List every source.", "data list")
    flags.add_json_flag(command)
    example = "data pull reward_hacking first_plot"
    command = _add_command(add, "pull", "data:pull_data", "Fetch published files.", example)
    command.add_argument("words", nargs="*", metavar="NAME", help=_DATA_NAME_HELP)
    command.add_argument("--all", action="store_true", help="everything that can be fetched")
    command.add_argument(
        "--from", dest="local_copy", metavar="PATH", help="take a copy that you have"
    )
    command = _add_command(
        add, "verify", "data:verify_data", "Verify files by their digests.", "data verify"
    )
    command.add_argument(
        "words", nargs="*", metavar="NAME", help=f"{_DATA_NAME_HELP} (default: all)"
    )
    example = "data show legal_advice -n 5"
    command = _add_command(add, "show", "data:show_data", "Show a setting's data.", example)
    command.add_argument("word", metavar="SETTING", help="a setting")
    command.add_argument(
        "-n", dest="rows", type=int, default=3, metavar="N", help="rows to show (default 3)"
    )
    command.add_argument("--source", default="bundled", metavar="SOURCE", help=_SOURCE_HELP)


def _add_project_commands(add: Any) -> None:
    command = _add_command(add, "init", "init:init", "Start a project folder.", "init my-study")
    command.add_argument(
        "folder", nargs="?", default=".", metavar="DIR", help="default: the current folder"
    )
    command = _add_command(add, "config", "init:config", "Show the configuration.", "config")
    flags.add_json_flag(command)
    command.add_argument("--model", metavar="M", help="model, as other commands take it")
    command.add_argument("--executor", metavar="NAME", help="executor, as `mi run` takes it")
    flags.add_store_flags(command)
    command = _add_command(
        add,
        "completion",
        "init:completion",
        "Print the shell code that completes commands and ids.",
        "completion bash >> ~/.bashrc",
    )
    command.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    command = _add_command(add, "doctor", "doctor:doctor", "Check the set-up.", "doctor")
    flags.add_json_flag(command)
    _add_flags(command, flags.add_model_flags, flags.add_store_flags)


def _add_command(
    add: Any, name: str, target: str, help: str, example: str, usage: str | None = None
) -> ArgumentParser:
    """Add a command.

    Args:
        add: The `add_parser` method of the subparsers.
        name: The word on the command line.
        target: `module:function` below `mi.cli`.
        help: One sentence; it is also the description.
        example: A command line without its leading `mi`.
        usage: The positional arguments as the usage line shows them; None: all arguments.
    """
    command: ArgumentParser = add(
        name,
        help=help,
        description=help,
        epilog=f"example: mi {example}",
        usage=f"mi {name} {usage} [options]" if usage else None,
    )
    command.set_defaults(command=_lazy_command(target))
    return command


def _lazy_command(target: str) -> Callable[[argparse.Namespace], int]:
    def call(args: argparse.Namespace) -> int:
        module, _, function = target.partition(":")
        code: int = getattr(import_module(f"mi.cli.{module}"), function)(args)
        return code

    return call


def _add_flags(command: ArgumentParser, *groups: Callable[[argparse.ArgumentParser], None]) -> None:
    for add_group in groups:
        add_group(command)
