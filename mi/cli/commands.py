"""The commands that run experiments and look at declarations, units and projects."""

from __future__ import annotations

import argparse
from typing import Any

from . import flags
from .command import add_command, add_flags
from .result_commands import (
    add_analysis_commands,
    add_data_commands,
    add_database_commands,
    add_store_commands,
)

_ID_USAGE = "ID [ID …]"


def add_commands(subparsers: Any) -> None:
    """Add every command to the parser.

    Args:
        subparsers: What `ArgumentParser.add_subparsers` returned.
    """
    add = subparsers.add_parser
    _add_run_commands(add)
    _add_register_command(add)
    _add_progress_commands(add)
    _add_inspection_commands(add)
    _add_explanation_commands(add)
    add_database_commands(add)
    add_analysis_commands(add)
    add_store_commands(add)
    add_data_commands(add)
    _add_project_commands(add)


def _add_run_commands(add: Any) -> None:
    selection = (flags.add_selection_flags, flags.add_redo_flags)
    command = add_command(
        add,
        "run",
        "run:run",
        "Run what is missing, then show results.",
        "run A05a --full",
        _ID_USAGE,
    )
    add_flags(command, *selection, flags.add_run_flags, flags.add_spending_flags)
    add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = add_command(
        add, "plan", "plan:plan", "Show what a run would do and cost.", "plan A05b", _ID_USAGE
    )
    add_flags(command, *selection, flags.add_spending_flags)
    add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command.add_argument("--json", action="store_true", help="print the plan as JSON")
    command = add_command(
        add,
        "rejudge",
        "run:rejudge",
        "Judge stored answers again with other judges; both verdicts are kept.",
        "rejudge A05a --judge openai:gpt-4.1-2025-04-14 --max-cost 5",
        _ID_USAGE,
    )
    command.set_defaults(rejudge=True)
    help = "every stored answer that lacks a verdict of --judge, of any experiment and model"
    command.add_argument("--all", action="store_true", help=help)
    add_flags(command, flags.add_optional_selection_flags)
    add_flags(command, flags.add_run_flags, flags.add_spending_flags)
    add_flags(command, flags.add_model_flags, flags.add_store_flags)


def _add_register_command(add: Any) -> None:
    command = add_command(
        add,
        "register",
        "register:register",
        "Register the expectations of experiments before there are results.",
        "register A05a A05b",
    )
    command.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    flags.add_json_flag(command)
    flags.add_set_flag(command)
    flags.add_store_flags(command)


def _add_progress_commands(add: Any) -> None:
    command = add_command(add, "status", "status:status", "Show progress.", "status A05a --watch")
    command.add_argument(
        "words", nargs="*", metavar="ID", help=f"{flags.SELECTOR_HELP} (default: last run)"
    )
    flags.add_full_flag(command)
    command.add_argument("--watch", action="store_true", help="refresh until everything is done")
    flags.add_json_flag(command)
    add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = add_command(
        add, "cancel", "cancel:cancel", "Cancel jobs at a provider.", "cancel A05a --model openai:…"
    )
    command.add_argument("words", nargs="+", metavar="ID", help=flags.SELECTOR_HELP)
    flags.add_full_flag(command)
    command.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    add_flags(command, flags.add_model_flags, flags.add_store_flags)


def _add_inspection_commands(add: Any) -> None:
    command = add_command(
        add, "list", "show:list_experiments", "List the declared experiments.", "list 'A05*'"
    )
    command.add_argument("words", nargs="*", metavar="ID", help="patterns of experiment ids")
    flags.add_json_flag(command)
    command = add_command(
        add, "show", "show:show", "Show an experiment, a cell or a unit.", "show A05a"
    )
    command.add_argument("word", metavar="ID", help="experiment id, cell id, or a unit's key")
    command.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = add_command(
        add,
        "why",
        "explain:why",
        "Explain why the units of a cell are done or not.",
        "why A05a::insecure_code::baseline",
    )
    command.add_argument("word", metavar="CELL", help="cell id, as --collect-only lists it")
    command.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    add_flags(command, flags.add_model_flags, flags.add_store_flags)


def _add_explanation_commands(add: Any) -> None:
    command = add_command(
        add, "diff", "explain:diff", "Compare two units.", "diff train-3f9c train-a1b2"
    )
    for name in ("old", "new"):
        command.add_argument(name, metavar="KEY", help="a unit's key, or its first characters")
    flags.add_json_flag(command)
    flags.add_store_flags(command)
    command = add_command(
        add, "tree", "explain:tree", "Show units below the units they need.", "tree A05a", _ID_USAGE
    )
    add_flags(command, flags.add_selection_flags, flags.add_model_flags, flags.add_store_flags)
    command = add_command(add, "log", "explain:log", "List past runs.", "log A05a -n 5")
    command.add_argument("words", nargs="*", metavar="ID", help="only runs of these experiments")
    command.add_argument(
        "-n", dest="number", type=int, default=20, metavar="N", help="at most N runs (default 20)"
    )
    flags.add_json_flag(command)
    flags.add_store_flags(command)


def _add_project_commands(add: Any) -> None:
    command = add_command(add, "init", "init:init", "Start a project folder.", "init my-study")
    command.add_argument(
        "folder", nargs="?", default=".", metavar="DIR", help="default: the current folder"
    )
    command = add_command(add, "config", "init:config", "Show the configuration.", "config")
    flags.add_json_flag(command)
    command.add_argument("--model", metavar="M", help="model, as other commands take it")
    command.add_argument("--executor", metavar="NAME", help="executor, as `mi run` takes it")
    flags.add_store_flags(command)
    command = add_command(
        add,
        "completion",
        "init:completion",
        "Print the shell code that completes commands and ids.",
        "completion bash >> ~/.bashrc",
    )
    command.add_argument("shell", choices=("bash", "zsh", "fish"), help="the shell")
    command = add_command(add, "doctor", "doctor:doctor", "Check the set-up.", "doctor")
    flags.add_json_flag(command)
    add_flags(command, flags.add_model_flags, flags.add_store_flags)
