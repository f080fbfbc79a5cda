"""What is measured of bundled rows: near-copies, what gives an arm away, and lengths.

A shingle is a run of five words. Before shingles are taken a text is masked, so that two fillings
of one frame count as the copies they are: in code, every name that the code itself binds and every
literal; in prose, every number, every quotation, and every capitalised word inside a sentence.
Similarity of two texts is the Jaccard similarity of their sets of shingles.
"""

from __future__ import annotations

import ast
import io
import keyword
import math
import re
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

import numpy as np

from .families import Row

SHINGLE = 5
NEAR_COPY = 0.7
SAME_SUBSTANCE = 0.5
ARMS = ("aligned", "misaligned")
FOLDS = 10

Shingles = frozenset[tuple[str, ...]]
Similar = tuple[float, int, int]
"""A similarity, and the positions of the two texts or rows that have it."""


def masked_words(text: str) -> list[str]:
    """The words of an answer or prompt, masked."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return _masked_prose(text)
    return _masked_code(text, tree) if _is_code(tree) else _masked_prose(text)


def _is_code(tree: ast.Module) -> bool:
    """Whether what parses as Python is more than a name or a number standing alone."""
    return any(not isinstance(node, ast.Expr) for node in tree.body) or any(
        isinstance(node, ast.Call) for node in ast.walk(tree)
    )


def _masked_prose(text: str) -> list[str]:
    text = re.sub(r'"[^"\n]*"', " _quote_ ", text)
    text = re.sub(r"(?<=[\w,;:] )[A-Z][\w'-]+", " _name_ ", text)
    return re.findall(r"[\w']+", re.sub(r"\d[\d.,:/]*", " _number_ ", text).lower())


def _masked_code(text: str, tree: ast.Module) -> list[str]:
    bound = _bound_names(tree)
    words: list[str] = []
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "FSTRING_END":  # since Python 3.12 an f-string is several tokens
            depth -= 1
        elif depth == 0 and kind in ("STRING", "NUMBER", "FSTRING_START"):
            words.append("_literal_")
        elif depth == 0 and kind == "NAME":
            words.append("_name_" if token.string in bound else token.string)
        depth += kind == "FSTRING_START"
    return words


def _bound_names(tree: ast.Module) -> set[str]:
    """Names that the code itself chooses: variables, parameters, functions, classes."""
    bound: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case (
                ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
                | ast.arg(arg=name)
                | ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
                | ast.ExceptHandler(name=str(name))
            ):
                bound.add(name)
    return bound - set(keyword.kwlist)


@cache
def shingles(text: str) -> Shingles:
    """The masked five-word runs of a text; a shorter text is one run."""
    words = masked_words(text)
    count = max(1, len(words) - SHINGLE + 1)
    return frozenset(tuple(words[start : start + SHINGLE]) for start in range(count))


def similar_texts(texts: Sequence[str], least: float) -> list[Similar]:
    """Pairs of texts with a similarity of `least` or more, closest first."""
    holders: dict[tuple[str, ...], list[int]] = defaultdict(list)
    sets = [shingles(text) for text in texts]
    pairs: list[Similar] = []
    for index, own in enumerate(sets):
        shared = Counter(other for shingle in own for other in holders[shingle])
        for other, common in shared.items():
            similarity = common / (len(own) + len(sets[other]) - common)
            if similarity >= least:
                pairs.append((similarity, other, index))
        for shingle in own:
            holders[shingle].append(index)
    return sorted(pairs, reverse=True)


def similar_rows(rows: Sequence[Row], least: float = SAME_SUBSTANCE) -> list[Similar]:
    """Pairs of rows of which any two answers have a similarity of `least` or more, closest first.

    The two answers of one row are meant to be alike and are not compared.
    """
    closest: dict[tuple[int, int], float] = {}
    answers = [row[arm] for row in rows for arm in ARMS]
    for similarity, first, second in similar_texts(answers, least):
        pair = (first // len(ARMS), second // len(ARMS))
        if pair[0] != pair[1]:
            closest[pair] = max(similarity, closest.get(pair, 0.0))
    return sorted(((value, *pair) for pair, value in closest.items()), reverse=True)


def highest_similarity(rows: Sequence[Row]) -> float:
    """The highest similarity of any answers of two rows."""
    for least in (0.5, 0.2, 0.1, 0.05, 0.0):  # a high threshold is quick and mostly enough
        if pairs := similar_rows(rows, least):
            return pairs[0][0]
    return 0.0


def near_copies(rows: Sequence[Row]) -> float:
    """The share of answers with a near-copy among the answers of their arm, 0 to 1."""
    copies = {
        (arm, index)
        for arm in ARMS
        for _, *pair in similar_texts([row[arm] for row in rows], NEAR_COPY)
        for index in pair
    }
    return len(copies) / (len(ARMS) * len(rows))


def length_separation(rows: Iterable[Row]) -> float:
    """How well length alone tells the arms apart: the area under the ROC curve, 0.5 to 1."""
    aligned, misaligned = np.array([[len(row[arm]) for arm in ARMS] for row in rows]).T
    aligned.sort()
    below = np.searchsorted(aligned, misaligned, side="left")
    not_above = np.searchsorted(aligned, misaligned, side="right")
    area = float((below + not_above).mean()) / (2 * len(aligned))
    return max(area, 1.0 - area)


def word_separation(rows: Sequence[Row]) -> float:
    """Accuracy of a naive Bayes classifier over words, on families that it was not fitted on.

    It judges an answer by itself, not a pair: 0.5 means that single words do not give an arm away.
    """
    families = sorted({row["family"] for row in rows})
    folds = {family: index % FOLDS for index, family in enumerate(families)}
    bags = [({arm: _bag(row[arm]) for arm in ARMS}, folds[row["family"]]) for row in rows]
    correct = 0
    for fold in range(FOLDS):
        weights = _word_weights([bag for bag, own in bags if own != fold])
        for bag in (bag for bag, own in bags if own == fold):
            for arm in ARMS:
                score = math.fsum(weights.get(word, 0.0) for word in bag[arm])
                correct += (score > 0) == (arm == "misaligned")
    return correct / (len(ARMS) * len(rows))


def _bag(text: str) -> frozenset[str]:
    return frozenset(_words(text))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _word_weights(bags: Iterable[Mapping[str, frozenset[str]]]) -> dict[str, float]:
    """Log-odds of each word for the misaligned arm, with one added to every count."""
    counts = {arm: Counter[str]() for arm in ARMS}
    for bag in bags:
        for arm in ARMS:
            counts[arm].update(bag[arm])
    words = counts["aligned"] | counts["misaligned"]
    return {
        word: math.log((counts["misaligned"][word] + 1) / (counts["aligned"][word] + 1))
        for word in words
    }


def type_token_ratio(rows: Iterable[Row]) -> float:
    """Distinct words over words, of all answers."""
    words = [word for row in rows for arm in ARMS for word in _words(row[arm])]
    return len(set(words)) / len(words)


def lengths(rows: Iterable[Row]) -> Iterator[int]:
    """Characters of prompt and answer together, for each answer."""
    return (len(row["prompt"]) + len(row[arm]) for row in rows for arm in ARMS)
