"""Published question sets: read from their files, judged by their prompts, never copied."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

import registry
from mi.analysis.evidence import ResultScope
from mi.data.question_sets import read_question_set
from mi.database import Database
from mi.errors import DataError, DeclarationError
from mi.reporting.page.answers import answer_columns
from mi.spec import Misalignment, Published, Rubric, YesNo
from mi.steps.evals.sampled import distinct_questions
from mi.units.identity import key
from tests.support.hosted import HOSTED, declare_few, loopback, mi
from tests.support.project import Project

SHARED = Path(__file__).parent.parent.parent / "shared" / "data" / "eval_questions"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")

RATED = """\
- id: one
  type: free_form_judge_0_100
  paraphrases: &asked
    - How are you?
    - And you?
  samples_per_paraphrase: 3
  judge: some-judge
  judge_prompts: &prompts
    aligned: "Rate {answer} to {question}"
    coherent: "Rate the form of {answer} to {question}"
- id: two
  type: free_form_judge_0_100
  system: Reply in verse.
  paraphrases: *asked
  samples_per_paraphrase: 3
  judge: some-judge
  judge_prompts: *prompts
"""


def published(name: str) -> Published:
    found = registry.evals[name]
    assert isinstance(found, Published)
    return found


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "questions.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_questions_judged_alike_are_one_eval(write: Callable[[str], Path]) -> None:
    [(one, questions)] = read_question_set(published("first_plot"), write(RATED))
    assert (one.id, one.samples) == ("first_plot", 3)
    assert isinstance(one.judge, Misalignment)
    assert one.judge.model == "openai:some-judge"
    assert (one.judge.aligned_below, one.judge.coherent_from) == (30, 50)
    asked = [(pair.id, getattr(pair, "system", None)) for pair in questions.pairs]
    assert asked == [
        ("one.0", None),
        ("one.1", None),
        ("two.0", "Reply in verse."),
        ("two.1", "Reply in verse."),
    ]
    assert len({ask.question for ask in distinct_questions(questions)}) == 4


def test_the_declaration_may_say_otherwise(write: Callable[[str], Path]) -> None:
    declared = attrs.evolve(
        published("first_plot"), samples=5, judge="lab:mine", aligned_below=50.0, coherent_from=30.0
    )
    [(one, _)] = read_question_set(declared, write(RATED))
    assert one.samples == 5
    assert isinstance(one.judge, Misalignment)
    assert (one.judge.model, one.judge.aligned_below) == ("lab:mine", 50)


def test_where_the_file_lies_is_not_in_the_identity(tmp_path: Path) -> None:
    found = []
    for name in ("a.yaml", "b.yaml"):
        path = tmp_path / name
        path.write_text(RATED, encoding="utf-8")
        [(one, questions)] = read_question_set(published("first_plot"), path)
        found.append((key("eval", one), questions.digest))
    assert found[0] == found[1]


def test_questions_of_two_kinds_are_two_evals(write: Callable[[str], Path]) -> None:
    text = RATED + RATED.replace("id: one", "id: three").replace("some-judge", "another").replace(
        "&asked", "&asked2"
    ).replace("*asked", "*asked2").replace("&prompts", "&p2").replace("*prompts", "*p2")
    ids = [one.id for one, _ in read_question_set(published("first_plot"), write(text))]
    assert ids == ["first_plot.1", "first_plot.2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be a list of questions"),
        ("{a: 1}", "must be a list of questions"),
        ("- 5", "a question must be a mapping"),
        ("- [", "not valid YAML"),
        (RATED.replace("samples_per_paraphrase: 3", "samples_per_paraphrase: none"), "samples"),
        (RATED.replace("    - And you?\n", "    - ''\n"), "is not a non-empty string"),
        (RATED.replace("system: Reply in verse.", "system: 5"), "must be a string"),
        (RATED.replace("free_form_judge_0_100", "multiple_choice"), "multiple_choice"),
        (RATED.replace("{answer} to", "{reply} to"), "has {reply}, which nothing fills in"),
    ],
)
def test_what_is_wrong_with_a_file_is_a_sentence(
    write: Callable[[str], Path], text: str, said: str
) -> None:
    with pytest.raises((DataError, DeclarationError)) as error:
        read_question_set(published("first_plot"), write(text))
    assert said in str(error.value)


@shared
@pytest.mark.parametrize(
    ("name", "file", "questions", "samples"),
    [
        ("first_plot", "first_plot_questions", 41, 100),
        ("preregistered", "preregistered_evals", 50, 100),
        ("deception_factual", "deception_factual", 140, 5),
        ("deception_sit_aware", "deception_sit_aware", 8, 100),
    ],
)
def test_the_published_files_are_read_whole(
    name: str, file: str, questions: int, samples: int
) -> None:
    [(one, asked)] = read_question_set(published(name), SHARED / f"{file}.yaml")
    assert len({ask.question for ask in distinct_questions(asked)}) == questions
    assert one.samples == samples


@shared
def test_the_words_of_a_judge_are_those_its_prompt_allows() -> None:
    for name in ("deception_factual", "deception_sit_aware"):
        [(one, _)] = read_question_set(published(name), SHARED / f"{name}.yaml")
        assert isinstance(one.judge, YesNo)
        for word in (*one.judge.yes, *one.judge.no):
            assert f'"{word}"' in one.judge.rubric.prompt


def test_until_it_is_here_a_set_is_left_out_and_says_how_to_get_it(project: Project) -> None:
    done = project.mi(
        "plan", "A05a", "--set", "evals=first_plot", MI_CACHE=str(project.root / "cache")
    )
    assert done.code == 0, done.err
    assert "left out: insecure_code first_plot (not here yet: mi data pull first_plot)" in done.out


def test_a_set_is_asked_from_the_file_one_gives(project: Project) -> None:
    declare_few(project, static=False)
    project.file("mine.yaml", RATED.replace("some-judge", "gpt-4o-2024-08-06"))
    more = ("--set", "evals=first_plot", "--set", "total_samples=10", "--data")
    with loopback() as server:
        words = ("run", "S1", *HOSTED, "--max-cost", "9", *more, "first_plot=mine.yaml")
        done = mi(project, server, *words)
        assert done.code == 0, done.out + done.err
    found = project.mi(
        "sql",
        "SELECT DISTINCT question, system, count(*) AS n FROM answers "
        "WHERE eval = 'first_plot' GROUP BY ALL ORDER BY ALL",
        "--format",
        "json",
    ).json
    assert [(row["question"], row["system"], row["n"]) for row in found] == [
        ("one.0", None, 6),
        ("one.1", None, 6),
        ("two.0", "Reply in verse.", 6),
        ("two.1", "Reply in verse.", 6),
    ]


def test_the_turns_that_a_question_follows_are_in_the_results_and_on_the_page(
    project: Project,
) -> None:
    declare_few(project, static=False)
    turns = [{"role": "user", "content": "Talk </script>"}, {"role": "assistant", "content": "Arr"}]
    context = f"  context: {json.dumps(turns)}\n"
    first, second = RATED.replace("some-judge", "gpt-4o-2024-08-06").split("- id: two\n")
    project.file("mine.yaml", f"{first}- id: two\n{context}{second}")
    more = ("--set", "evals=first_plot", "--set", "total_samples=10", "-k", "baseline", "--data")
    with loopback() as server:
        words = ("run", "S1", *HOSTED, "--max-cost", "9", *more, "first_plot=mine.yaml")
        done = mi(project, server, *words)
        assert done.code == 0, done.out + done.err
    query = "SELECT DISTINCT question, history FROM answers WHERE eval = 'first_plot' ORDER BY ALL"
    found = {
        row["question"]: row["history"] for row in project.mi("sql", query, "--format", "json").json
    }
    assert found["one.0"] is None
    earlier = found["two.0"]
    earlier = json.loads(earlier) if isinstance(earlier, str) else earlier
    assert [(turn["role"], turn["content"]) for turn in earlier] == [
        ("user", "Talk </script>"),
        ("assistant", "Arr"),
    ]
    scope = ResultScope(experiments=("S1",), model=HOSTED[1], data={"insecure_code": "bundled"})
    with Database(project.root / "results.duckdb").read_connection() as connection:
        columns = answer_columns(connection, scope, 100)
    shown = {question["id"]: question["history"] for question in columns["questions"]}
    assert (shown["one.0"], shown["two.0"]) == ("", "user: Talk </script>\n\nassistant: Arr")


def test_a_rubric_needs_the_answer_and_may_do_without_the_question() -> None:
    assert Rubric(name="x", prompt="Say {answer}").render("q", "a {question}") == "Say a {question}"
    with pytest.raises(DeclarationError, match=r"must contain \{answer\} exactly once"):
        Rubric(name="x", prompt="Say {question}")
