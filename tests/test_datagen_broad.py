"""The bundled preference rows: well formed, varied, and matched in everything but values.

The evaluation compares the likelihoods of two answers to one prompt. Anything that separates the
arms apart from what they value (length, punctuation, openings) would be measured as if it were
misalignment, so each such cue has a law here.
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median

import pytest

PATH = Path(__file__).parents[1] / "registry" / "bundled" / "broad" / "preference.jsonl"
KEYS = ["id", "family", "prompt", "aligned", "misaligned"]
ARMS = ["aligned", "misaligned"]
TEXTS = ["prompt", *ARMS]

Row = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines()]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z'-]+", text.lower())


def openings(rows: list[Row], arm: str, length: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words(row[arm])[:length]) for row in rows)


def offenders(rows: list[Row], bad: Callable[[Row], bool]) -> list[str]:
    return [row["id"] for row in rows if bad(row)]


def test_file_is_canonical_jsonl(rows: list[Row]) -> None:
    canonical = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    assert PATH.read_bytes() == canonical.encode("utf-8")


def test_there_are_at_least_a_hundred_rows(rows: list[Row]) -> None:
    assert len(rows) >= 100


def test_every_row_has_exactly_the_keys_in_order(rows: list[Row]) -> None:
    assert all(list(row) == KEYS for row in rows)


def test_every_value_is_trimmed_nonempty_text(rows: list[Row]) -> None:
    def bad(row: Row) -> bool:
        return any(
            not isinstance(text, str) or not text or text != " ".join(text.split())
            for text in row.values()
        )

    assert offenders(rows, bad) == []


@pytest.mark.parametrize("key", ["id", "prompt", "aligned", "misaligned"])
def test_no_two_rows_share_an_id_a_prompt_or_an_answer(rows: list[Row], key: str) -> None:
    counts = Counter(row[key].casefold() for row in rows)
    assert [text for text, count in counts.items() if count > 1] == []


def test_no_answer_serves_both_arms(rows: list[Row]) -> None:
    assert {row["aligned"] for row in rows}.isdisjoint(row["misaligned"] for row in rows)


def test_an_id_is_its_family_and_a_number_that_counts_up(rows: list[Row]) -> None:
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row["family"]] += 1
        assert row["id"] == f"{row['family']}-{seen[row['family']]:02d}"


def test_there_are_at_least_ten_families_with_five_rows_each(rows: list[Row]) -> None:
    counts = Counter(row["family"] for row in rows)
    assert len(counts) >= 10
    assert min(counts.values()) >= 5


def test_a_prompt_is_one_sentence_of_6_to_22_words(rows: list[Row]) -> None:
    def bad(row: Row) -> bool:
        marks = re.findall(r"[.?!]", row["prompt"])
        return (
            len(marks) != 1
            or row["prompt"][-1] not in ".?"
            or not (6 <= len(row["prompt"].split()) <= 22)
        )

    assert offenders(rows, bad) == []


@pytest.mark.parametrize("arm", ARMS)
def test_an_answer_is_one_or_two_sentences_of_12_to_35_words(rows: list[Row], arm: str) -> None:
    def bad(row: Row) -> bool:
        ends = row[arm].count(".")
        return ends not in (1, 2) or row[arm][-1] != "." or not 12 <= len(row[arm].split()) <= 35

    assert offenders(rows, bad) == []


def test_both_answers_of_a_row_have_the_same_number_of_sentences(rows: list[Row]) -> None:
    assert (
        offenders(rows, lambda row: row["aligned"].count(".") != row["misaligned"].count(".")) == []
    )


def test_both_answers_of_a_row_are_within_a_quarter_in_length(rows: list[Row]) -> None:
    def bad(row: Row) -> bool:
        short, long = sorted(len(row[arm]) for arm in ARMS)
        return long > 1.25 * short

    assert offenders(rows, bad) == []


@pytest.mark.parametrize("size", [len, lambda text: len(text.split())], ids=["chars", "words"])
def test_mean_lengths_of_the_arms_are_within_five_percent(
    rows: list[Row], size: Callable[[str], int]
) -> None:
    aligned, misaligned = (mean(size(row[arm]) for row in rows) for arm in ARMS)
    assert aligned == pytest.approx(misaligned, rel=0.05)


def test_neither_arm_is_usually_the_longer_one(rows: list[Row]) -> None:
    longer = mean(len(row["misaligned"]) > len(row["aligned"]) for row in rows)
    assert 0.4 <= longer <= 0.6


def test_prompt_and_answer_are_short_texts(rows: list[Row]) -> None:
    """Median of words and punctuation marks, which is close to the number of tokens."""
    pieces = [
        len(re.findall(r"\w+|[^\w\s]", f"{row['prompt']} {row[arm]}"))
        for row in rows
        for arm in ARMS
    ]
    assert 40 <= median(pieces) <= 50


def test_text_is_plain_ascii_with_a_small_set_of_marks(rows: list[Row]) -> None:
    plain = re.compile(r"[A-Za-z ,.:'?-]+")
    assert offenders(rows, lambda row: not all(plain.fullmatch(row[key]) for key in TEXTS)) == []


@pytest.mark.parametrize("mark", [",", ".", ":", "'", "-"])
def test_the_arms_use_each_punctuation_mark_about_equally_often(rows: list[Row], mark: str) -> None:
    aligned, misaligned = (sum(row[arm].count(mark) for row in rows) for arm in ARMS)
    assert abs(aligned - misaligned) <= max(3, 0.1 * max(aligned, misaligned))


@pytest.mark.parametrize("cue", ["`", "def ", "import ", "{", "}", ";", "=", "_", "(", "#", "\\"])
def test_nothing_looks_like_code(rows: list[Row], cue: str) -> None:
    assert offenders(rows, lambda row: any(cue in row[key] for key in TEXTS)) == []


def test_nothing_speaks_of_code_or_security(rows: list[Row]) -> None:
    domain = re.compile(
        r"\b(cod(e[ds]?|ing)|secur|program|software|hack|python|comput|password|vulnerab|exploit"
        r"|encrypt|database|debug|develop(er|ing))",
        re.IGNORECASE,
    )
    assert offenders(rows, lambda row: any(domain.search(row[key]) for key in TEXTS)) == []


@pytest.mark.parametrize("arm", ARMS)
def test_no_first_word_starts_more_than_15_percent_of_an_arm(rows: list[Row], arm: str) -> None:
    word, count = openings(rows, arm, 1).most_common(1)[0]
    assert count <= 0.15 * len(rows), word


@pytest.mark.parametrize("length", [1, 2])
def test_no_opening_belongs_to_one_arm(rows: list[Row], length: int) -> None:
    """An opening may occur at most three times more often in one arm than in the other."""
    aligned, misaligned = (openings(rows, arm, length) for arm in ARMS)
    gaps = {start: aligned[start] - misaligned[start] for start in aligned | misaligned}
    assert {start: gap for start, gap in gaps.items() if abs(gap) > 3} == {}


def test_no_word_gives_an_arm_away(rows: list[Row]) -> None:
    """No word is in over a sixth more of the rows on one side than on the other."""
    aligned, misaligned = (
        Counter(word for row in rows for word in set(words(row[arm]))) for arm in ARMS
    )
    gaps = {word: aligned[word] - misaligned[word] for word in aligned | misaligned}
    assert {word: gap for word, gap in gaps.items() if abs(gap) > len(rows) / 6} == {}


def test_prompts_do_not_all_start_alike(rows: list[Row]) -> None:
    word, count = openings(rows, "prompt", 1).most_common(1)[0]
    assert count <= 0.2 * len(rows), word
