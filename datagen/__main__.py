"""Make or check the bundled data.

    python -m datagen check insecure_code
    python -m datagen make

Without names, all settings are meant. `make` writes the files of `registry/bundled`; both print
every breach of a law and end with 1 if there is any.
"""

from __future__ import annotations

import argparse
import sys

from .checks import problems, read_bundle
from .families import SETTINGS
from .make import write_setting


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m datagen", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("action", choices=("check", "make"))
    parser.add_argument("settings", nargs="*", metavar="setting", help=", ".join(SETTINGS))
    arguments = parser.parse_args()
    if unknown := set(arguments.settings) - set(SETTINGS):
        parser.error(f"no such setting: {', '.join(sorted(unknown))}")
    count = 0
    for setting in arguments.settings or SETTINGS:
        bundle = read_bundle(setting)
        if arguments.action == "make":
            write_setting(bundle)
        for problem in problems(bundle):
            count += 1
            print(f"{setting}: {problem}")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
