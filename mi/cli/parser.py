"""The words of the command line. Light: a command's module is imported when it is run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, NoReturn

from ..errors import UsageError
from ..version import __version__

_KEYWORD = 'only cells that fit: "legal and not seed=1", "total_samples<=500 and seed==0"'
_WHAT = 'experiment ids, patterns ("A05*"), files (path/to/file.py) or cell ids'


class Parser(argparse.ArgumentParser):
    """argparse, with this program's exit code for usage errors."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"`{self.prog} --help`")


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The parsed words; `command` is the function to call with them.

    Raises:
        UsageError: The words do not fit.
    """
    parsed = _parser().parse_args(words)
    parsed.argv = ("mi", *words)
    return parsed


def _parser() -> Parser:
    parser = Parser(
        prog="mi",
        description="Declared fine-tuning experiments, run once, with every result in one file.",
        epilog="example: mi run A05a",
    )
    parser.add_argument("--version", action="version", version=f"mi {__version__}")
    add = parser.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser
    _run(add)
    _plan(add)
    _rejudge(add)
    _watch(add)
    _look(add)
    _data(add)
    _results(add)
    _findings(add)
    _understand(add)
    return parser


def _command(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    def call(parsed: argparse.Namespace) -> int:
        command = getattr(import_module(f"mi.cli.{module}"), name)
        code: int = command(parsed)
        return code

    return call


def _sub(add: Any, name: str, module: str, help: str, example: str) -> Parser:
    parser: Parser = add(name, help=help, description=help, epilog=f"example: {example}")
    parser.set_defaults(command=_command(module, "import_" if name == "import" else name))
    return parser


def _places(parser: Parser) -> None:
    parser.add_argument("--store", metavar="DIR", help="folder of units (default .mi, or MI_STORE)")
    parser.add_argument(
        "--db", metavar="FILE", help="results database (default results.duckdb, or MI_DB)"
    )


def _selection(parser: Parser) -> None:
    parser.add_argument("words", nargs="+", metavar="ID", help=_WHAT)
    parser.add_argument("--full", action="store_true", help="all that is declared, not the pilot")
    parser.add_argument("-k", dest="keyword", metavar="EXPR", help=_KEYWORD)
    parser.add_argument(
        "--setting", action="append", default=[], metavar="S", help="only this setting's cells"
    )
    parser.add_argument(
        "--seed", action="append", default=[], type=int, metavar="N", help="only this seed's cells"
    )
    parser.add_argument(
        "--collect-only", "--co", action="store_true", help="list the cells and do nothing"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="with --collect-only: bare ids")
    _subject(parser)
    _places(parser)


def _spending(parser: Parser) -> None:
    parser.add_argument(
        "--max-cost", type=_dollars, metavar="USD", help="the most that may be spent"
    )
    parser.add_argument(
        "--batch", action="store_true", help="sample and judge through batches: cheaper, slower"
    )


def _dollars(text: str) -> float:
    amount = float(text.removeprefix("$"))
    if not 0 <= amount < float("inf"):
        raise ValueError
    return amount


def _votes(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 25:
        raise ValueError
    return number


_votes.__name__ = "number of votes"
_dollars.__name__ = "amount of US dollars"


def _subject(parser: Parser) -> None:
    parser.add_argument(
        "--model", metavar="M", help="provider:name (default: the embedded model, or MI_MODEL)"
    )
    parser.add_argument(
        "--data",
        action="append",
        default=[],
        metavar="SETTING=SOURCE",
        help="where a setting's data comes from: bundled, upstream, upstream:NAME, or a folder; or "
        "the file of a published question set",
    )
    parser.add_argument(
        "--judge",
        action="append",
        default=[],
        metavar="M",
        help="judge model in place of the declared ones, several for a panel: provider:name, "
        "openai:name@endpoint, `declared` or `none` (default: declared for a hosted model, none "
        "for a local one)",
    )
    parser.add_argument(
        "--votes",
        type=_votes,
        metavar="N",
        help="for judges that give no logprobs: ask each N times and count (2 to 25)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="FIELD=VALUE",
        help="another value of a declared field: total_samples=50,100 or training.epochs=2",
    )
    parser.add_argument(
        "--price",
        action="append",
        default=[],
        metavar="MODEL=IN,OUT,TRAIN,…",
        help="US dollars per million tokens: input, output, training, tuned input, tuned output",
    )


def _run(add: Any) -> None:
    parser = _sub(add, "run", "run", "Do what is missing, then show results.", "mi run A05a --full")
    _selection(parser)
    _spending(parser)
    parser.add_argument(
        "--retry-failed", action="store_true", help="try again even what was refused for good"
    )
    parser.add_argument("--json", action="store_true", help="results as JSON; progress on stderr")


def _plan(add: Any) -> None:
    parser = _sub(add, "plan", "plan", "Show what a run would do and cost.", "mi plan A05b")
    _selection(parser)
    _spending(parser)
    parser.add_argument("--json", action="store_true", help="the plan as JSON")


def _rejudge(add: Any) -> None:
    parser = _sub(
        add,
        "rejudge",
        "run",
        "Have stored answers judged again, by other judges; both verdicts are kept.",
        "mi rejudge A05a --judge openai:gpt-4.1-2025-04-14 --max-cost 5",
    )
    _selection(parser)
    _spending(parser)
    parser.set_defaults(rejudge=True, retry_failed=False)
    parser.add_argument("--json", action="store_true", help="results as JSON; progress on stderr")


def _watch(add: Any) -> None:
    parser = _sub(add, "status", "status", "How far units and jobs are.", "mi status A05a --watch")
    parser.add_argument("words", nargs="*", metavar="ID", help=f"{_WHAT} (default: the last run)")
    parser.add_argument("--full", action="store_true", help="all that is declared, not the pilot")
    parser.add_argument("--watch", action="store_true", help="again and again, until all is done")
    parser.add_argument("--json", action="store_true", help="as JSON")
    _subject(parser)
    _places(parser)
    parser = _sub(add, "cancel", "cancel", "End what runs at a provider.", "mi cancel A05a")
    parser.add_argument("words", nargs="+", metavar="ID", help=_WHAT)
    parser.add_argument("--full", action="store_true", help="all that is declared, not the pilot")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    _subject(parser)
    _places(parser)
    parser = _sub(add, "doctor", "doctor", "Is everything in place?", "mi doctor")
    parser.add_argument("--json", action="store_true", help="as JSON")
    _subject(parser)
    _places(parser)


def _data(add: Any) -> None:
    what = "Training data and question sets: where they are from, and whether they are here."
    parser: Parser = add("data", help=what, description=what, epilog="example: mi data list")
    add = parser.add_subparsers(title="commands", metavar="COMMAND", required=True).add_parser

    def sub(name: str, help: str, example: str) -> Parser:
        inner: Parser = add(name, help=help, description=help, epilog=f"example: {example}")
        inner.set_defaults(command=_command("data", f"data_{name}"))
        return inner

    parser = sub("list", "List every source.", "mi data list")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser = sub("pull", "Fetch published files.", "mi data pull reward_hacking first_plot")
    parser.add_argument("words", nargs="*", metavar="NAME", help=_PULLED)
    parser.add_argument("--all", action="store_true", help="all that can be fetched")
    parser.add_argument("--from", dest="given", metavar="PATH", help="a copy you have")
    parser = sub("verify", "Compare files with what they were.", "mi data verify")
    parser.add_argument("words", nargs="*", metavar="NAME", help=f"{_PULLED} (default: all)")
    parser = sub("show", "Show a setting's data.", "mi data show legal_advice -n 5")
    parser.add_argument("word", metavar="SETTING", help="a setting")
    parser.add_argument("-n", dest="rows", type=int, default=3, metavar="N", help="rows to show")
    parser.add_argument("--source", default="bundled", metavar="SOURCE", help=_SOURCE)


_PULLED = "a setting, SETTING:SOURCE, or a question set"
_SOURCE = "bundled, upstream, upstream:NAME, or a folder"


def _look(add: Any) -> None:
    parser = _sub(add, "list", "look", "List the declared experiments.", "mi list 'A05*'")
    parser.add_argument("words", nargs="*", metavar="ID", help="patterns over experiment ids")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser = _sub(add, "show", "look", "Show an experiment, a cell or a unit.", "mi show A05a")
    parser.add_argument("word", metavar="ID", help="experiment id, cell id, or a unit's key")
    parser.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    _subject(parser)
    _places(parser)


def _understand(add: Any) -> None:
    parser = _sub(
        add, "why", "understand", "Say why units are done or not.", "mi why A05a::insecure_code::…"
    )
    parser.add_argument("word", metavar="CELL", help="a cell's id, as --collect-only lists them")
    parser.add_argument("--full", action="store_true", help=argparse.SUPPRESS)
    _subject(parser)
    _places(parser)
    example = "mi diff train-3f9c train-a1b2"
    parser = _sub(add, "diff", "understand", "Say what differs between two units.", example)
    for name in ("old", "new"):
        parser.add_argument(name, metavar="KEY", help="a unit's key, or how it begins")
    parser.add_argument("--json", action="store_true", help="as JSON")
    _places(parser)
    parser = _sub(add, "tree", "understand", "Show units below what they need.", "mi tree A05a")
    _selection(parser)
    parser = _sub(add, "log", "understand", "List what was run.", "mi log A05a -n 5")
    parser.add_argument("words", nargs="*", metavar="ID", help="only runs of these experiments")
    parser.add_argument("-n", dest="number", type=int, default=20, metavar="N", help="at most")
    parser.add_argument("--json", action="store_true", help="as JSON")
    _places(parser)


def _findings(add: Any) -> None:
    parser = _sub(add, "check", "findings", "Judge expectations by the data.", "mi check A05a")
    parser.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    parser.add_argument("--json", action="store_true", help="as JSON")
    _subject(parser)
    _places(parser)
    parser = _sub(add, "report", "findings", "Answer the questions.", "mi report A05a --out report")
    parser.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    parser.add_argument("--out", metavar="DIR", help="write a page there, with every answer")
    parser.add_argument("--json", action="store_true", help="as JSON")
    _subject(parser)
    _places(parser)
    parser = _sub(add, "power", "findings", "How sure results are.", "mi power A05a --width 0.05")
    parser.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    parser.add_argument(
        "--width", type=float, default=0.1, metavar="W", help="wanted width of an interval"
    )
    _subject(parser)
    _places(parser)


def _results(add: Any) -> None:
    parser = _sub(add, "plot", "results", "Draw figures from results.", "mi plot A05a")
    parser.add_argument("words", nargs="+", metavar="ID", help="experiment ids or patterns")
    parser.add_argument("--out", metavar="DIR", help="folder (default figures/)")
    _subject(parser)
    _places(parser)
    query = '"SELECT condition, metric, mean FROM results"'
    parser = _sub(add, "sql", "results", "Ask the results database (read-only).", f"mi sql {query}")
    parser.add_argument("query", help="SQL, over the views results, conditions, answers, …")
    parser.add_argument(
        "--format", choices=("table", "csv", "json", "markdown"), default="table", help="output"
    )
    _places(parser)
    parser = _sub(add, "export", "exchange", "Write results for others.", "mi export --out shared")
    parser.add_argument("--out", required=True, metavar="DIR", help="a new folder, or an export")
    parser.add_argument(
        "--format", choices=("parquet", "csv"), default="parquet", help="of the views"
    )
    _places(parser)
    parser = _sub(add, "import", "exchange", "Add another machine's store.", "mi import copied/.mi")
    parser.add_argument("path", metavar="DIR", help="a store, or the folder it is in")
    parser.add_argument("--dry-run", action="store_true", help="say what would come")
    _places(parser)
    parser = _sub(add, "rebuild", "results", "Make the database from the store.", "mi rebuild")
    _places(parser)
