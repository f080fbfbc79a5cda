"""No control character of a stored text reaches a terminal, whichever way it is printed."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress, TextColumn
from rich.text import Text

from mi.cli import main
from mi.reporting.console import say
from mi.reporting.query_results import print_query_results
from mi.reporting.tables import plain_table
from mi.reporting.terminal import escape_controls, escaping_streams
from mi.reporting.terminal_console import TerminalConsole

HOSTILE = {
    "colour": "\x1b[31m",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07",
    "title": "\x9d0;title\x9c",
    "csi of one byte": "\x9b2J",
    "bell": "\x07",
    "backspaces": "\x08\x08\x08",
    "return": "good\rbad",
    "delete": "\x7f",
    "override of direction": "\u202eevil\u202c",
    "isolate of direction": "\u2066evil\u2069",
    "line separator": "a\u2028b",
    "invisible tag": "a\U000e0041b",
}
FORBIDDEN = set("".join(HOSTILE.values())) - set("goodbadevilabtitle0;cm0gLXJmIH4=52[31]J")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_control_character_is_shown_as_json_writes_it(text: str) -> None:
    shown = escape_controls(text)
    assert not FORBIDDEN & set(shown)
    assert json.loads(f'"{shown}"') == text


@pytest.mark.parametrize("text", ["", "plain", "größer → 漢字 🙂", "two\nlines\tand tabs\r\n"])
def test_other_text_is_shown_as_it_is(text: str) -> None:
    assert escape_controls(text) == text


def as_line(console: Console, text: str) -> None:
    say(console, f"an answer: {text}", "dim")


def as_markup(console: Console, text: str) -> None:
    console.print(f"[bold]an answer[/]: {text}")


def as_table(console: Console, text: str) -> None:
    table = plain_table("answer", text)
    table.add_row(text, Text(text, style="red"))
    console.print(table)


def as_panel(console: Console, text: str) -> None:
    console.print(Panel(Text.assemble("an ", (text, "red")), title=text))


def as_progress(console: Console, text: str) -> None:
    with Progress(TextColumn("{task.description}", markup=False), console=console) as progress:
        progress.add_task(text, total=1)


def as_query(format: str) -> Callable[[Console, str], None]:
    return lambda console, text: print_query_results(["text"], [[text]], format, console)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "show",
    [
        as_line,
        as_markup,
        as_table,
        as_panel,
        as_query("table"),
        as_query("csv"),
        as_query("json"),
        as_query("markdown"),
    ],
)
def test_no_way_to_a_terminal_lets_one_through(
    show: Callable[[Console, str], None], text: str
) -> None:
    out = io.StringIO()
    show(TerminalConsole(file=out, width=100, force_terminal=True, color_system=None), text)
    assert not FORBIDDEN & set(out.getvalue())
    # rich itself leaves some of them out of its texts, which then show less.
    assert "\\" in out.getvalue() or show is as_panel


def test_progress_shows_titles_escaped() -> None:
    out = io.StringIO()
    console = TerminalConsole(file=out, width=100, force_terminal=True, color_system=None)
    as_progress(console, HOSTILE["clipboard"])
    assert "\x07" not in out.getvalue()
    assert "]52;" in out.getvalue()


def test_csv_in_a_pipe_holds_values_as_they_are() -> None:
    out = io.StringIO()
    print_query_results(["text"], [["\x1b[31m"]], "csv", TerminalConsole(file=out))
    assert out.getvalue() == "text\n\x1b[31m\n"


def test_what_is_printed_is_escaped_and_the_streams_come_back() -> None:
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    try:
        with escaping_streams():
            print("a\x1b[31m", file=sys.stdout)
            print("b\x9b2J at http://me:secret@host/", file=sys.stderr)
            Console(force_terminal=True, color_system="standard").print("styled", style="red")
        printed, told = sys.stdout.getvalue(), sys.stderr.getvalue()
    finally:
        sys.stdout, sys.stderr = out, err
    assert printed.startswith("a\\u001b[31m\n")
    assert "\x1b[31mstyled" in printed
    assert told == "b\\u009b2J at http://host/\n"


def test_an_error_is_told_escaped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["show", "no\x1b]52;c;eA==\x07thing", "--store", str(tmp_path / ".mi")]) == 4
    assert "\x1b" not in (told := capsys.readouterr().err)
    assert "x1b]52;c;eA==" in told
