"""How a command is added to the parser: its help, and the function that it calls.

A function is named as `module:function` below `mi.cli` and imported when its command runs. It takes
the parsed arguments and returns the exit code.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .parser import ArgumentParser


def add_command(
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
    command.set_defaults(command=partial(_run_command, target))
    return command


def find_command(target: str) -> Callable[[argparse.Namespace], int]:
    """Import the function of a command, named as `module:function` below `mi.cli`."""
    module, _, function = target.partition(":")
    command: Callable[[argparse.Namespace], int] = getattr(
        import_module(f"mi.cli.{module}"), function
    )
    return command


def _run_command(target: str, args: argparse.Namespace) -> int:
    return find_command(target)(args)


def add_flags(command: ArgumentParser, *groups: Callable[[argparse.ArgumentParser], None]) -> None:
    for add_group in groups:
        add_group(command)
