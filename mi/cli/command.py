"""How a command is added to the parser: its help, and the function that it calls.

A function is named as `module:function` below `mi.cli` and imported when its command runs. It takes
the parsed arguments and returns the exit code.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
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
    command.set_defaults(command=_lazy_command(target))
    return command


def _lazy_command(target: str) -> Callable[[argparse.Namespace], int]:
    def call(args: argparse.Namespace) -> int:
        module, _, function = target.partition(":")
        code: int = getattr(import_module(f"mi.cli.{module}"), function)(args)
        return code

    return call


def add_flags(command: ArgumentParser, *groups: Callable[[argparse.ArgumentParser], None]) -> None:
    for add_group in groups:
        add_group(command)
