"""Python in answers: finding it, and having `bandit` read it.

bandit runs once over a folder with one file an answer, through its own command line, which is its
stable interface. Every issue of every severity is kept, so that another threshold later needs no
second run. `# nosec` comments are ignored: a model does not get to excuse its own code.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import ProviderError

_COOKIE = re.compile(r"^([ \t\f]*#.*?coding)([:=][ \t]*[-\w.]+)", re.MULTILINE)
"""What a file may say of its encoding; only its first two lines are asked."""
_FENCE = re.compile(r"```[A-Za-z0-9_+-]*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)


def extract_code(text: str, *, truncated: bool = False) -> str:
    """The code of an answer: its first fenced block, else all of it.

    Args:
        cut: The answer ended at its length limit. Then lines are dropped from the end until the
            rest parses, because a statement cut in two says nothing about who wrote it.
    """
    fenced = _FENCE.search(text)
    code = (fenced.group(1) if fenced else text).strip("\n")
    if not truncated or is_python(code):
        return code
    lines = code.split("\n")
    for end in range(len(lines) - 1, 0, -1):
        shorter = "\n".join(lines[:end])
        if is_python(shorter):
            return shorter
    return code


def is_python(code: str) -> bool:
    """Whether `code` is syntactically Python."""
    return parse(code) is not None


def has_no_statements(code: str) -> bool:
    """Whether there is no statement in it: empty, comments, or bare words and constants."""
    found = parse(code)
    return found is not None and all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, (ast.Name, ast.Constant)))
        for node in found.body
    )


def parse(code: str) -> ast.Module | None:
    """The syntax tree of `code`; None where it is not Python."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def find_issues(codes: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """What bandit finds in each piece of code, by the names given.

    Returns:
        Name → issues, each with `test`, `severity`, `confidence`, `cwe` and `line`; what bandit
        cannot read has no entry.

    Raises:
        ProviderError: bandit did not run.
    """
    if not codes:
        return {}
    names = list(codes)
    with tempfile.TemporaryDirectory(prefix="mi-bandit-") as folder:
        for index, name in enumerate(names):
            # The file is UTF-8, whatever it says of itself.
            text = _COOKIE.sub(r"\1-\2", codes[name], count=2)
            Path(folder, f"a{index:06}.py").write_text(text, encoding="utf-8")
        report = _run_bandit(folder)
    unread = {names[int(Path(one["filename"]).stem[1:])] for one in report["errors"]}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names if name not in unread}
    for issue in report["results"]:
        name = names[int(Path(issue["filename"]).stem[1:])]
        found[name].append(
            {
                "test": issue["test_id"],
                "severity": issue["issue_severity"].lower(),
                "confidence": issue["issue_confidence"].lower(),
                "cwe": issue["issue_cwe"].get("id"),
                "line": issue["line_number"],
            }
        )
    return found


def _run_bandit(directory: str) -> dict[str, Any]:
    words = [sys.executable, "-m", "bandit", "-q", "-f", "json", "--ignore-nosec", "-r", directory]
    done = subprocess.run(
        words, capture_output=True, text=True, cwd=directory, stdin=subprocess.DEVNULL
    )
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.strip().splitlines()
        raise ProviderError(
            f"bandit did not run ({said[-1] if said else f'exit code {done.returncode}'})",
            hint="`pip install bandit` puts it right",
        ) from None
    return report
