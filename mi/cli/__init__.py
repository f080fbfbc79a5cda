"""The command line: words in, exit code out.

A command is a function from parsed arguments to an exit code; the other rooms do the work. A
`MiError` is printed as a sentence; only a defect of this program shows a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from ..errors import Interrupted, MiError
from ..reporting.terminal import escaping_streams
from .interrupt import imports_uninterrupted, leave


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 to 5, as listed in `mi.errors`.

    Args:
        argv: The words after `mi`; None: those of this process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may lack characters that results have
            stream.reconfigure(errors="replace")
    with escaping_streams():
        return _run(argv)


def _run(argv: Sequence[str] | None) -> int:
    from .parser import build_parser, parse_args

    if "_ARGCOMPLETE" in os.environ:
        from .completion import complete

        complete(build_parser())
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        args = parse_args(words)
        code: int = args.command(args)
        sys.stdout.flush()
        return code
    except MiError as error:
        print(f"mi: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("mi: interrupted; everything saved so far is kept", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `mi sql … | head`
        return 0
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 0
    except OSError as error:
        from ..files.atomic import system_error

        if (failure := system_error(error)) is None:
            return _report_defect()
        print(f"mi: {failure}", file=sys.stderr)
        return failure.exit_code
    except Exception:
        return _report_defect()


def _report_defect() -> int:
    """Print the traceback of the exception that is being handled; the exit code for it."""
    import traceback

    traceback.print_exc()
    print("mi: this is a defect of mi, not of your experiment", file=sys.stderr)
    return 3


def script() -> None:
    """The `mi` script, and `python -m mi`."""
    with imports_uninterrupted():
        code = main()
    leave(code, at_once=code == Interrupted.exit_code)
