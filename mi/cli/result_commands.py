"""The commands that read results and manage stores and data."""

from __future__ import annotations

from typing import Any

from . import flags
from .command import add_command, add_flags

_EXPERIMENTS_HELP = "experiment ids or patterns"
_JUDGE_HELP = "a judge: its model, its kind (bandit), or an eval"
_MOST_LABELS = 100_000
_DATA_NAME_HELP = "a setting, SETTING:SOURCE, or a question set"
_SOURCE_HELP = "bundled, upstream, upstream:NAME, or a folder"
_EXPORT_FORMATS = ("parquet", "csv")
_QUERY_FORMATS = ("table", "csv", "json", "markdown")


def add_database_commands(add: Any) -> None:
    """Add `plot`, `sql` and `rebuild`."""
    command = add_command(add, "plot", "database:plot", "Draw figures of the results.", "plot A05a")
    command.add_argument("words", nargs="+", metavar="ID", help=_EXPERIMENTS_HELP)
    command.add_argument("--out", dest="figures", metavar="DIR", help="folder (default figures/)")
    add_flags(command, flags.add_model_flags, flags.add_store_flags)
    example = 'sql "SELECT condition, metric, mean FROM results"'
    command = add_command(
        add, "sql", "database:sql", "Query the results database (read-only).", example
    )
    command.add_argument("query", help="SQL over the views results, conditions, answers, …")
    command.add_argument(
        "--format", choices=_QUERY_FORMATS, default="table", help="output format (default table)"
    )
    flags.add_quote_flag(command, default=False)
    command.add_argument(
        "--unsafe",
        action="store_true",
        help="let the query read and write files, load extensions and use the network",
    )
    flags.add_store_flags(command)
    command = add_command(
        add, "rebuild", "database:rebuild", "Rebuild the results database.", "rebuild"
    )
    flags.add_store_flags(command)


def add_analysis_commands(add: Any) -> None:
    """Add `check`, `report`, `power`, `label`, `calibrate` and `bridge`."""
    command = add_command(
        add,
        "check",
        "check:check",
        "Judge expectations by the results, and show when each was registered: before its data, "
        "partly before, or post hoc.",
        "check A05a --multiverse",
    )
    command.add_argument("words", nargs="+", metavar="ID", help=_EXPERIMENTS_HELP)
    help = "also under all judges, thresholds, question sets and scoring rules, at no cost"
    command.add_argument("--multiverse", action="store_true", help=help)
    flags.add_json_flag(command)
    add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = add_command(
        add,
        "report",
        "report:report",
        "Answer the questions of experiments.",
        "report A05a --out report",
    )
    command.add_argument("words", nargs="+", metavar="ID", help=_EXPERIMENTS_HELP)
    command.add_argument("--out", metavar="DIR", help="write a page with every answer to DIR")
    flags.add_json_flag(command)
    add_flags(command, flags.add_model_flags, flags.add_store_flags)
    command = add_command(
        add, "power", "power:power", "Show how precise the results are.", "power A05a --width 0.05"
    )
    command.add_argument("words", nargs="+", metavar="ID", help=_EXPERIMENTS_HELP)
    command.add_argument(
        "--width", type=float, default=0.1, metavar="W", help="target interval width (default 0.1)"
    )
    add_flags(command, flags.add_model_flags, flags.add_store_flags)
    _add_judge_commands(add)


def _add_judge_commands(add: Any) -> None:
    command = add_command(
        add,
        "label",
        "label:label",
        "Label stored answers by hand, blind: in the terminal, or on a page.",
        "label A05a --n 200",
    )
    command.add_argument("word", metavar="ID", help="an experiment")
    add_argument = command.add_argument
    add_argument("--eval", metavar="EVAL", help="the eval whose answers are labelled")
    add_argument(
        "--n", dest="number", type=_count, default=200, metavar="N", help="answers (default 200)"
    )
    add_argument(
        "--by-condition", action="store_true", help="N answers of each condition, for its own rate"
    )
    add_argument("--labels", metavar="FILE", help="file of labels (default labels-ID.jsonl)")
    add_argument("--page", metavar="FILE", help="write a page that labels, and ask nothing here")
    add_argument("--question", metavar="TEXT", help="what is asked about each answer")
    add_argument(
        "--draw-seed", type=int, default=0, metavar="N", help="of the random draw (default 0)"
    )
    flags.add_store_flags(command)
    command = add_command(
        add,
        "calibrate",
        "calibrate:calibrate",
        "Measure a judge's errors by labels, and correct rates for them.",
        "calibrate openai:gpt-4o-2024-08-06 --labels labels-A05a.jsonl",
    )
    command.add_argument("judge_word", metavar="JUDGE", help=_JUDGE_HELP)
    command.add_argument("--labels", required=True, metavar="FILE", help="what `mi label` wrote")
    flags.add_json_flag(command)
    flags.add_store_flags(command)
    command = add_command(
        add,
        "bridge",
        "calibrate:bridge_judges",
        "Show how the verdicts of one judge map to those of another.",
        "bridge openai:gpt-4o-2024-08-06 openai:gpt-4.1-2025-04-14",
    )
    for name in ("old", "new"):
        command.add_argument(name, metavar=name.upper(), help=_JUDGE_HELP)
    flags.add_json_flag(command)
    flags.add_store_flags(command)


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= _MOST_LABELS:
        raise ValueError
    return number


_count.__name__ = "number of answers"


def add_store_commands(add: Any) -> None:
    """Add `export`, `import` and `gc`."""
    command = add_command(
        add, "export", "export:export", "Export results as files.", "export --out shared"
    )
    command.add_argument(
        "--out", required=True, metavar="DIR", help="a new folder, or an earlier export"
    )
    command.add_argument(
        "--format", choices=_EXPORT_FORMATS, default="parquet", help="file format of the views"
    )
    flags.add_quote_flag(command, default=True)
    flags.add_store_flags(command)
    command = add_command(
        add, "import", "export:import_store", "Merge another store.", "import copied/.mi"
    )
    command.add_argument("path", metavar="DIR", help="a store, or the folder that contains it")
    command.add_argument("--dry-run", action="store_true", help="show what would be imported")
    flags.add_store_flags(command)
    command = add_command(add, "gc", "gc:gc", "List or remove unneeded files.", "gc --delete")
    command.add_argument("--delete", action="store_true", help="remove what was free to make")
    command.add_argument("--paid", action="store_true", help="with --delete: also what cost money")
    flags.add_json_flag(command)
    flags.add_store_flags(command)


def add_data_commands(add: Any) -> None:
    """Add `data` with its own commands."""
    help = "List, fetch and verify training data and question sets."
    data = add("data", help=help, description=help, epilog="example: mi data list")
    add = data.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser
    command = add_command(add, "list", "data:list_data", "List every source.", "data list")
    flags.add_json_flag(command)
    example = "data pull reward_hacking first_plot"
    command = add_command(add, "pull", "data:pull_data", "Fetch published files.", example)
    command.add_argument("words", nargs="*", metavar="NAME", help=_DATA_NAME_HELP)
    command.add_argument("--all", action="store_true", help="everything that can be fetched")
    command.add_argument(
        "--from", dest="local_copy", metavar="PATH", help="take a copy that you have"
    )
    command = add_command(
        add, "verify", "data:verify_data", "Verify files by their digests.", "data verify"
    )
    command.add_argument(
        "words", nargs="*", metavar="NAME", help=f"{_DATA_NAME_HELP} (default: all)"
    )
    example = "data show legal_advice -n 5"
    command = add_command(add, "show", "data:show_data", "Show a setting's data.", example)
    command.add_argument("word", metavar="SETTING", help="a setting")
    command.add_argument(
        "-n", dest="rows", type=int, default=3, metavar="N", help="rows to show (default 3)"
    )
    command.add_argument("--source", default="bundled", metavar="SOURCE", help=_SOURCE_HELP)
