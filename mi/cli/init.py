"""`mi init`, `mi config`, `mi completion`: a new project, its configuration, and the shell."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..config import ENVIRONMENT
from ..errors import UsageError
from ..reporting.console import say
from ..reporting.tables import plain_table
from .common import console, load_config

_PYPROJECT = """\
# The configuration of `mi` in this project. A flag overrides the environment, and the environment
# overrides this file; `mi config` shows the values in effect.
[tool.mi]
experiments = ["experiments"]
# model = "openai:gpt-4.1-2025-04-14"    # default: the embedded model, which needs no key
# store = ".mi"
# db = "results.duckdb"
"""
_FIRST_EXPERIMENT = '''\
"""First steps: does a little misaligned data have an effect at all?

Question. Half of a few training rows are insecure code. Does the model write more of it now?

Design. Ratio 0.5, 16 and 32 rows, one seed in the pilot, three in all, against the untrained model.
"""

from mi import Expect, Experiment, Pilot, trend
from registry.settings import insecure_code

first = Experiment(
    id="first",
    title="First steps",
    question="Do 32 rows do more than 16?",
    settings=insecure_code,
    misaligned_ratio=0.5,
    total_samples=(16, 32),
    seeds=(0, 1, 2),
    pilot=Pilot(seeds=0),
    expectations=Expect("harm grows with size", trend("total_samples", distribution="ID") > 0),
)
'''
_GITIGNORE = ".mi/\nresults.duckdb*\nfigures/\n"


def init(args: argparse.Namespace) -> int:
    """Create a project folder with one experiment that runs. Existing files are not changed.

    Raises:
        UsageError: The folder already has a project, or cannot be written.
    """
    directory = Path(args.folder)
    files = {
        "pyproject.toml": _PYPROJECT,
        "experiments/first.py": _FIRST_EXPERIMENT,
        ".gitignore": _GITIGNORE,
    }
    existing = [name for name in files if (directory / name).exists()]
    if "pyproject.toml" in existing or "experiments/first.py" in existing:
        raise UsageError(
            f"already has {' and '.join(existing)}; nothing was written",
            where=str(directory),
            hint="name a new folder: mi init my-study",
        )
    out = console()
    for name, text in files.items():
        if name not in existing:
            path = directory / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            except OSError as error:
                raise UsageError(f"cannot be written ({error.strerror})", where=str(path)) from None
            say(out, f"wrote {path}")
    change_directory = "" if directory == Path(".") else f"cd {directory} && "
    say(out, f"next: {change_directory}mi run first")
    return 0


def config(args: argparse.Namespace) -> int:
    """Show every configured value and where it comes from."""
    from .. import registry

    config = load_config(args)
    options = config.client_options
    values: dict[str, Any] = {
        "root": config.root,
        "experiments": ", ".join(config.experiments) or "experiments/, else files in the root",
        "model": config.model or registry.DEFAULT_MODEL,
        "executor": config.executor,
        "store": config.store,
        "claim": config.lease_timeout,
        "max_cost": "no limit" if config.max_cost is None else config.max_cost,
        "db": config.db,
        "figures": config.figures,
        "in_flight": options.in_flight,
        "poll": options.poll,
        "timeout": options.timeout,
        "ray": config.ray.address or "RAY_ADDRESS, else started on this machine",
        "endpoints": ", ".join(options.endpoints) or "none",
    }
    sources = {name: config.sources.get(name, "default") for name in values}
    if args.json:
        facts = {
            name: {"value": str(value), "from": sources[name]} for name, value in values.items()
        }
        print(json.dumps(facts, ensure_ascii=False, indent=1))
        return 0
    table = plain_table("name", "value", "from", "variable")
    for name, value in values.items():
        table.add_row(name, str(value), sources[name], ENVIRONMENT.get(name, ""))
    console().print(table, markup=False)
    return 0


def completion(args: argparse.Namespace) -> int:
    """Print the code that a shell evaluates to complete the words of `mi`."""
    import argcomplete

    print(argcomplete.shellcode(["mi"], shell=args.shell))  # type: ignore[attr-defined]
    return 0
