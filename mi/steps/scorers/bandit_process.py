"""bandit's command line with a limit of time for each file, run in a process of its own.

An answer can be written so that bandit takes minutes for it, or prints its one long line for each
of thousands of issues. So each file gets so much processor time, after which it counts as one that
bandit cannot read, and issues are reported without the code that they are about. Everything else is
bandit's. The text of this module is run, as its file would import the `bandit.py` beside it.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

OVERTIME = "took too long"
"""The reason that the report gives for a file that exceeded the limit."""


class Overtime(BaseException):
    """No `Exception`: bandit goes on after those of a single check."""


def limit_files(seconds: float) -> None:
    """Limit the processor time that bandit spends on a file."""
    from bandit.core.issue import Issue
    from bandit.core.manager import BanditManager

    parse_file = BanditManager._parse_file

    def limited(self: Any, name: str, data: Any, names: list[str]) -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
        try:
            parse_file(self, name, data, names)
        except Overtime:
            self.skipped.append((name, OVERTIME))
            names.remove(name)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def stop(number: int, frame: Any) -> None:
        raise Overtime

    signal.signal(signal.SIGVTALRM, stop)
    BanditManager._parse_file = limited
    Issue.get_code = lambda self, *_, **__: ""


if __name__ == "__main__":
    limit_files(float(sys.argv.pop(1)))
    from bandit.cli.main import main

    main()
