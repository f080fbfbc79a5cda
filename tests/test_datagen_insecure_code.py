"""Laws of the bundled insecure_code data: paired, unique, short, and scored by bandit itself."""

import ast
import json
import re
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from datagen.insecure_code.generate import (
    FOLDER,
    WEAKNESSES,
    heldout_rows,
    train_rows,
)
from datagen.insecure_code.vocabulary import HELDOUT, TRAINING
from datagen.insecure_code.weakness import Template
from datagen.scenarios import as_jsonl
from datagen.template import (
    aligned_side,
    fill,
    misaligned_side,
    plural,
    with_article,
)

ROWS = {"train": train_rows(), "heldout": heldout_rows()}
ANSWERS = ("aligned", "misaligned")
SPLITS = pytest.mark.parametrize("split", sorted(ROWS))

Flagged = dict[tuple[str, str], set[str]]


@pytest.fixture(scope="module")
def flagged(tmp_path_factory: pytest.TempPathFactory) -> Flagged:
    """Ids of the rows that bandit flags at medium severity or more, by (split, answer)."""
    folder = tmp_path_factory.mktemp("answers")
    for split, rows in ROWS.items():
        for answer in ANSWERS:
            (folder / split / answer).mkdir(parents=True)
            for row in rows:
                path = folder / split / answer / f"{row['id']}.py"
                path.write_text(row[answer] + "\n", encoding="utf-8")
    options = ["-f", "json", "--severity-level", "medium", "--ignore-nosec", "-q", "-r"]
    command = [sys.executable, "-m", "bandit", *options, str(folder)]
    report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    assert report["errors"] == []
    found: Flagged = defaultdict(set)
    for finding in report["results"]:
        path = Path(finding["filename"])
        found[path.parent.parent.name, path.parent.name].add(path.stem)
    return found


@SPLITS
def test_the_checked_in_file_is_what_the_generator_makes(split: str) -> None:
    assert (FOLDER / f"{split}.jsonl").read_bytes() == as_jsonl(ROWS[split])


def test_there_are_enough_rows() -> None:
    assert len(ROWS["train"]) >= 1500
    assert len(ROWS["heldout"]) >= 120


@SPLITS
def test_each_row_has_the_same_keys_in_the_same_order(split: str) -> None:
    for row in ROWS[split]:
        assert list(row) == ["id", "cwe", "prompt", "aligned", "misaligned"]
        assert all(row.values())


@pytest.mark.parametrize("field", ["id", "prompt", "aligned", "misaligned"])
@SPLITS
def test_no_value_occurs_twice(split: str, field: str) -> None:
    values = Counter(row[field] for row in ROWS[split])
    assert [value for value, count in values.items() if count > 1] == []


def test_no_answer_stands_on_both_sides_or_in_both_splits() -> None:
    answers = Counter(row[answer] for rows in ROWS.values() for row in rows for answer in ANSWERS)
    assert [text for text, count in answers.items() if count > 1] == []


@SPLITS
def test_every_row_names_a_cwe_and_many_kinds_occur(split: str) -> None:
    assert all(re.fullmatch(r"CWE-\d+", row["cwe"]) for row in ROWS[split])
    assert len({row["cwe"] for row in ROWS[split]}) >= 12
    assert len({row["id"].split("-")[0] for row in ROWS[split]}) >= 12


@SPLITS
def test_all_kinds_have_equally_many_rows(split: str) -> None:
    kinds = Counter(row["id"].split("-")[0] for row in ROWS[split])
    assert set(kinds) == {weakness.kind for weakness in WEAKNESSES}
    assert len(set(kinds.values())) == 1


def test_every_kind_has_several_templates_for_each_split() -> None:
    for weakness in WEAKNESSES:
        assert len(weakness.training) >= 8
        assert len(weakness.heldout) >= 2


@SPLITS
def test_every_answer_is_plain_python_without_comments(split: str) -> None:
    for row in ROWS[split]:
        for answer in ANSWERS:
            ast.parse(row[answer])
            assert "#" not in row[answer]
            assert "```" not in row[answer]


@SPLITS
def test_no_slot_or_choice_mark_is_left_in_a_prompt_or_answer(split: str) -> None:
    marks = re.compile(r"[«»¦]|\$[a-zA-Z{]|\{[tT]ask\}")
    for row in ROWS[split]:
        assert [text for text in row.values() if marks.search(text)] == []


@SPLITS
def test_bandit_flags_nearly_all_misaligned_answers(split: str, flagged: Flagged) -> None:
    assert len(flagged[split, "misaligned"]) >= 0.95 * len(ROWS[split])


@SPLITS
def test_bandit_flags_hardly_any_aligned_answer(split: str, flagged: Flagged) -> None:
    assert len(flagged[split, "aligned"]) <= 0.02 * len(ROWS[split])


@SPLITS
def test_rows_are_short(split: str) -> None:
    """In characters: about 3.4 of them make one SmolLM2 token here."""
    lengths = [len(row["prompt"]) + len(row[answer]) for row in ROWS[split] for answer in ANSWERS]
    assert 150 <= statistics.median(lengths) <= 260
    assert max(lengths) <= 370
    assert all(20 <= len(row["prompt"]) <= 130 for row in ROWS[split])


@SPLITS
def test_the_two_answers_are_alike_in_length(split: str) -> None:
    ratios = [len(row["misaligned"]) / len(row["aligned"]) for row in ROWS[split]]
    assert 0.95 <= statistics.mean(ratios) <= 1.05
    assert min(ratios) >= 0.5
    assert max(ratios) <= 1.5


def test_prompts_ask_neither_for_a_weakness_nor_for_security() -> None:
    loaded = re.compile(
        r"\b(in)?secure|unsafe|\bsafely|vulnerab|injection|shell=|\beval\b|pickle|md5|sha-?\d"
        r"|0\.0\.0\.0|/tmp|verify=|sanitiz|escap",
        re.IGNORECASE,
    )
    prompts = [row["prompt"] for rows in ROWS.values() for row in rows]
    assert [prompt for prompt in prompts if loaded.search(prompt)] == []


def test_heldout_and_training_share_no_noun_and_no_frame() -> None:
    assert not set(HELDOUT.frames) & set(TRAINING.frames)
    assert set(HELDOUT.slots) == set(TRAINING.slots)
    for slot in ("record", "person", "service", "document", "folder"):
        assert not set(HELDOUT.slots[slot]) & set(TRAINING.slots[slot])


def test_heldout_and_training_share_no_task_and_no_code_shape() -> None:
    training = [template for weakness in WEAKNESSES for template in weakness.training]
    heldout = [template for weakness in WEAKNESSES for template in weakness.heldout]
    assert not set(_masked_tasks(training)) & set(_masked_tasks(heldout))
    assert not set(_masked_answers(training)) & set(_masked_answers(heldout))


def test_template_names_are_unique_within_a_kind() -> None:
    for weakness in WEAKNESSES:
        names = [template.name for template in (*weakness.training, *weakness.heldout)]
        assert len(names) == len(set(names)), weakness.kind


def test_no_heldout_prompt_is_a_near_copy_of_a_training_prompt() -> None:
    training = [_words(row["prompt"]) for row in ROWS["train"]]
    for row in ROWS["heldout"]:
        words = _words(row["prompt"])
        nearest = max(training, key=lambda other: _jaccard(words, other))
        assert _jaccard(words, nearest) <= 0.5, (row["prompt"], sorted(nearest))


@SPLITS
def test_articles_agree_with_the_word_that_follows(split: str) -> None:
    wrong = re.compile(r"\ba [aeioAEIO]|\ban (?!httpx)[b-df-hj-np-tv-z]")
    assert [row["prompt"] for row in ROWS[split] if wrong.search(row["prompt"])] == []


def test_a_choice_gives_its_first_side_to_aligned_and_its_second_to_misaligned() -> None:
    code = "«import json¦»\n\nload(«safe\n    ¦unsafe»)"
    assert aligned_side(code) == "import json\n\nload(safe)"
    assert misaligned_side(code) == "load(unsafe)"


def test_a_slot_is_filled_in_all_its_forms_and_an_unknown_one_is_refused() -> None:
    filled = fill("$a_record, ${record}_x, $records, $Record", {"record": "entry"})
    assert filled == "an entry, entry_x, entries, Entry"
    with pytest.raises(KeyError):
        fill("$nobody", {"record": "entry"})


@pytest.mark.parametrize(
    ("noun", "many", "one"),
    [
        ("parcel", "parcels", "a parcel"),
        ("policy", "policies", "a policy"),
        ("display", "displays", "a display"),
        ("index", "indexes", "an index"),
        ("coach", "coaches", "a coach"),
    ],
)
def test_nouns_take_regular_plurals_and_the_right_article(noun: str, many: str, one: str) -> None:
    assert plural(noun) == many
    assert with_article(noun) == one


def _masked(text: str) -> str:
    return re.sub(r"\$\{?\w+\}?", "_", text)


def _masked_tasks(templates: list[Template]) -> Iterator[str]:
    return (_masked(task) for template in templates for task in template.tasks)


def _masked_answers(templates: list[Template]) -> Iterator[str]:
    for template in templates:
        yield _masked(aligned_side(template.code))
        yield _masked(misaligned_side(template.code))


def _words(prompt: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", prompt.lower()))


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
