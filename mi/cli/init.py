"""`mi init`, `mi config`, `mi completion`: a project folder and how it is used."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..config import ENVIRONMENT
from ..errors import UsageError
from ..reporting.progress import say
from ..reporting.tables import plain_table
from .common import console
from .common import load_config as settled

_PYPROJECT = """\
# How `mi` works in this folder. `mi config` shows what holds; a flag is stronger than the
# environment, and the environment is stronger than this file.
[tool.mi]
experiments = ["experiments"]
# model = "openai:gpt-4.1-2025-04-14"    # default: the embedded model, which needs no key
# store = ".mi"
# db = "results.duckdb"
"""
_FIRST_EXPERIMENT = '''\
"""First steps: does a small share of misaligned rows show at all?

Question. Half of few training rows are insecure code. Does the model write more of it than before?

Design. Ratio 0.5, 16 and 32 rows, one seed in the pilot, three in all, beside the untrained model.
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
    expectations=Expect("more data, more of it", trend("total_samples", distribution="ID") > 0),
)
'''
_GITIGNORE = ".mi/\nresults.duckdb*\nfigures/\n"


def init(args: argparse.Namespace) -> int:
    """Start a project folder with one experiment that runs; nothing that is there is touched."""
    folder = Path(args.folder)
    files = {
        "pyproject.toml": _PYPROJECT,
        "experiments/first.py": _FIRST_EXPERIMENT,
        ".gitignore": _GITIGNORE,
    }
    there = [name for name in files if (folder / name).exists()]
    if "pyproject.toml" in there or "experiments/first.py" in there:
        raise UsageError(
            f"{', '.join(there)} is there already; nothing was written",
            where=str(folder),
            hint="name a new folder: mi init my-study",
        )
    out = console()
    for name, text in files.items():
        if name not in there:
            path = folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            except OSError as error:
                raise UsageError(f"cannot be written ({error.strerror})", where=str(path)) from None
            say(out, f"wrote {path}")
    enter = "" if folder == Path(".") else f"cd {folder} && "
    say(out, f"next: {enter}mi run first")
    return 0


def config(args: argparse.Namespace) -> int:
    """Show every value that steers runs here, and where it comes from."""
    import registry

    found = settled(args)
    values: dict[str, Any] = {
        "root": found.root,
        "experiments": ", ".join(found.experiments) or "experiments/, or files beside",
        "model": found.model or registry.DEFAULT_MODEL,
        "executor": found.executor,
        "store": found.store,
        "claim": found.lease_timeout,
        "db": found.db,
        "figures": found.figures,
        "in_flight": found.client_options.in_flight,
        "poll": found.client_options.poll,
        "timeout": found.client_options.timeout,
        "ray": found.ray.address or "RAY_ADDRESS, or started on this machine",
        "endpoints": ", ".join(found.client_options.endpoints) or "none",
    }
    if args.json:
        facts = {
            name: {"value": str(value), "from": found.sources.get(name, "default")}
            for name, value in values.items()
        }
        print(json.dumps(facts, ensure_ascii=False, indent=1))
        return 0
    table = plain_table("name", "value", "from", "variable")
    for name, value in values.items():
        source = found.sources.get(name, "default")
        table.add_row(name, str(value), source, ENVIRONMENT.get(name, ""))
    console().print(table, markup=False)
    return 0


def completion(args: argparse.Namespace) -> int:
    """Print the code that a shell evaluates to complete words of `mi`."""
    import argcomplete

    print(argcomplete.shellcode(["mi"], shell=args.shell))  # type: ignore[attr-defined]
    return 0
