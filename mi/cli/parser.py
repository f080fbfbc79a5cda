"""The parser of the command line.

Parsing is light: the module of a command is imported when the command runs, so that `mi --help` and
shell completion load neither the engine nor a provider. The commands are declared in `commands.py`,
the groups of flags that several of them share in `flags.py`.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from typing import Any, NoReturn

from ..errors import UsageError
from ..version import __version__

_MAX_WIDTH = 100
_HELP_COLUMN = 27


class HelpFormatter(argparse.HelpFormatter):
    """Prints one line per option, as far as the terminal is wide enough."""

    def __init__(self, prog: str) -> None:
        width = min(shutil.get_terminal_size().columns, _MAX_WIDTH)
        super().__init__(prog, max_help_position=_HELP_COLUMN, width=width)


class ArgumentParser(argparse.ArgumentParser):
    """An argparse parser that reports mistakes as a `UsageError`, whose exit code is 4."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=HelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"`{self.prog} --help` lists the arguments")


def parse_args(words: Sequence[str]) -> argparse.Namespace:
    """Parse a command line.

    Returns:
        The arguments: `command` is the function to call with them, `argv` is the command line.

    Raises:
        UsageError: An argument is unknown, missing or has an invalid value.
    """
    args, unknown = build_parser().parse_known_args(words)
    if unknown:
        command = next((word for word in words if not word.startswith("-")), "")
        raise UsageError(
            f"unrecognized arguments: {' '.join(unknown)}",
            hint=f"`mi {command} --help` lists the arguments",
        )
    args.argv = ("mi", *words)
    return args


def build_parser() -> ArgumentParser:
    """Build the parser of the whole command line."""
    from .commands import add_commands

    parser = ArgumentParser(
        prog="mi",
        description="Declared fine-tuning experiments, run once, with every result in one file.",
        epilog="example: mi run A05a",
    )
    parser.add_argument("--version", action="version", version=f"mi {__version__}")
    add_commands(parser.add_subparsers(title="commands", metavar="COMMAND", required=True))
    return parser
