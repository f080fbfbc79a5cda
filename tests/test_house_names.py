"""Names are the field's: nouns for things, verbs for acts, one meaning for each public name."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "mi").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
VAGUE = ("one", "made", "found", "told", "there", "aside")
"""Words that say nothing of what they name: each below one of a thousand names."""

NO_NOUN = frozenset(
    """
    about above after again apart aside asked at away before begun below by done down drawn found
    from given gone handed held here how in into kept known left made meant more noted now of on
    once only out over own plain said seen shown so taken then there to together told under up
    wanted what which who whole whose with
    """.split()  # noqa: SIM905 - a literal list of eighty words would hide the file
)
"""Prepositions, adverbs and participles that name nothing when they stand alone."""

DECLARED = {("Claim", "left"), ("Difference", "left"), ("Ruling", "left"), ("Experiment", "only")}
"""What a claim compares, left and right, and what cuts a grid: these stand in stored records."""

OTHERS = frozenset(
    """
    _exit _shutdown _run_exitfuncs _listener _socket _actions _SubParsersAction _conns _transport
    _transport_for_url
    """.split()  # noqa: SIM905
)
"""Private members of the standard library and of other packages, which have no public way."""


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def identifiers(module: ast.Module) -> Iterator[str]:
    """Every name that is written in a module, once for each time it is."""
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name.strip("_")
            case ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name.strip("_")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name.strip("_")
            case ast.ClassDef(name=name):
                yield name.strip("_")


Function = ast.FunctionDef | ast.AsyncFunctionDef


def definitions(
    body: list[ast.stmt], owner: str = ""
) -> Iterator[tuple[str, str, Function | ast.ClassDef | ast.AnnAssign]]:
    """What a module defines: owner, name and node of its functions, classes, methods and fields."""
    for node in body:
        if isinstance(node, Function | ast.ClassDef):
            yield owner, node.name, node
        if isinstance(node, ast.ClassDef):
            yield from definitions(node.body, node.name)
        elif owner and isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield owner, node.target.id, node


def test_vague_words_are_rare() -> None:
    names = Counter(name for path in MODULES for name in identifiers(tree(path)))
    shares = {word: 1000 * names[word] / names.total() for word in VAGUE}
    assert {word: share for word, share in shares.items() if share >= 1} == {}


def test_a_definition_is_named_by_a_noun_or_a_verb() -> None:
    vague = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in MODULES
        for owner, name, _ in definitions(tree(path).body)
        if name.strip("_") in NO_NOUN and (owner, name) not in DECLARED
    ]
    assert vague + [str(path) for path in MODULES if path.stem in NO_NOUN] == []


def test_a_public_name_is_defined_once() -> None:
    """Commands are called what the user types; they are called by the parser alone."""
    places = defaultdict(list)
    for path in MODULES:
        if path.parent.name != "cli":
            for owner, name, _ in definitions(tree(path).body):
                if not owner and not name.startswith("_"):
                    places[name].append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


def _parameters(function: Function) -> list[str]:
    arguments = function.args
    names = [arg.arg for arg in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    names += [arg.arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
    return [name for name in names if name not in ("self", "cls")]


def test_a_public_function_of_three_parameters_says_what_they_are() -> None:
    """An override may refer to the method that it overrides."""
    silent = []
    for path in MODULES:
        for owner, name, node in definitions(tree(path).body):
            private = name.startswith("_") or owner.startswith("_")
            if isinstance(node, Function) and not private and len(_parameters(node)) >= 3:
                overload = any("overload" in ast.unparse(mark) for mark in node.decorator_list)
                text = ast.get_docstring(node) or ""
                if not overload and "Args:" not in text and " see `" not in text:
                    silent.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}")
    assert silent == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_imports_a_test_or_reaches_into_private_members(path: Path) -> None:
    faults = []
    for node in ast.walk(tree(path)):
        match node:
            case ast.ImportFrom(module=str(module), names=names):
                faults += [module for _ in names[:1] if ".test_" in f".{module}"]
                faults += [f"{module}.{alias.name}" for alias in names if _private(alias.name)]
            case ast.Attribute(value=owner, attr=attr) if _private(attr):
                own = isinstance(owner, ast.Name) and owner.id in ("self", "cls")
                if not own and attr not in OTHERS:
                    faults.append(ast.unparse(node))
            case ast.Call(func=ast.Attribute(attr="setattr"), args=arguments):
                texts = [arg.value for arg in arguments if isinstance(arg, ast.Constant)]
                faults += [text for text in texts if _private(str(text).rpartition(".")[2])]
    assert faults == []


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_test_files_are_named_after_a_room() -> None:
    rooms = {path.name for path in (ROOT / "mi").iterdir() if path.is_dir()}
    others = {"config", "datagen", "docs", "house", "plugins", "registry", "support"}
    stems = [path.stem.removeprefix("test_") for path in (ROOT / "tests").glob("test_*.py")]
    assert [stem for stem in stems if stem.partition("_")[0] not in rooms | others] == []
