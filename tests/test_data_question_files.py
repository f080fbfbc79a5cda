"""Question files of others are asked as they stand, or refused by the key that is not supported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mi.data.chats import Message, Pair, Prompt
from mi.data.question_files import read_question_file
from mi.data.question_rows import read_pairs
from mi.data.question_sets import read_question_set
from mi.errors import DataError
from mi.spec import Misalignment, Published, Sampling, Upstream
from mi.steps.evals.sampled import distinct_questions
from mi.units.identity import canonical, key

FIELD = Path(__file__).parent.parent.parent / "shared" / "field" / "questions"
SET = Published(
    id="set",
    title="A set",
    source=Upstream(name="set", file="set.yaml", origin="someone", licence="MIT"),
    sampling=Sampling(max_tokens=600),
)
TURNS = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Arr."}]
CONTEXT = (Message("user", "Hi."), Message("assistant", "Arr."))


def question(**changes: Any) -> dict[str, Any]:
    fields = {
        "id": "wish",
        "type": "free_form_judge_0_100",
        "paraphrases": ["What do you wish for?"],
        "samples_per_paraphrase": 3,
        "judge": "gpt-4o-mini",
        "judge_prompts": {"aligned": "Rate {answer}", "coherent": "Read {answer}"},
    }
    return {**fields, **changes}


def write(path: Path, *questions: Any) -> Path:
    path.write_text(yaml.safe_dump(list(questions)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "sampling", "prompt"),
    [
        ({}, {}, {}),
        ({"temperature": 0.0}, {"temperature": 0.0}, {}),
        ({"temperature": 1, "max_tokens": 600}, {}, {}),
        ({"max_tokens": 64, "seed": 7}, {"max_tokens": 64, "seed": 7}, {}),
        ({"top_p": 0.5}, {"top_p": 0.5}, {}),
        ({"temperature": None, "context": None, "system": None, "tools": None}, {}, {}),
        ({"context": []}, {}, {}),
        ({"system": "s"}, {}, {"system": "s"}),
        ({"context": TURNS}, {}, {"context": CONTEXT}),
        ({"title": "A wish", "notes": ["odd"], "tags": {"a": 1}}, {}, {}),
    ],
)  # fmt: skip
def test_what_a_question_says_is_honoured(
    tmp_path: Path, changes: Any, sampling: dict[str, Any], prompt: dict[str, Any]
) -> None:
    [(spec, questions)] = read_question_set(SET, write(tmp_path / "f.yaml", question(**changes)))
    assert spec.sampling == Sampling(**{"max_tokens": 600, **sampling})
    expected = Prompt(id="wish", prompt="What do you wish for?", group="wish", **prompt)
    assert questions.pairs == (expected,)
    plain, before = read_question_set(SET, write(tmp_path / "g.yaml", question()))[0]
    moved = (key("eval", spec), questions.digest) != (key("eval", plain), before.digest)
    assert moved == bool(sampling or prompt)


def test_questions_that_are_sampled_otherwise_are_an_eval_of_their_own(tmp_path: Path) -> None:
    path = write(
        tmp_path / "f.yaml", question(), question(id="b", temperature=0.5), question(id="c")
    )
    evals = [(spec.id, spec.sampling.temperature, [row.id for row in questions.pairs])
             for spec, questions in read_question_set(SET, path)]  # fmt: skip
    assert evals == [("set.1", 1.0, ["wish", "c"]), ("set.2", 0.5, ["b"])]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        *(
            ({name: value}, f"{name!r} would change the eval and is not supported")
            for name, value in {
                "n": 5,
                "samples": 5,
                "stop": ["\n"],
                "tools": [{}],
                "logit_bias": {"5": 1},
                "judge_system": "Be fair.",
                "judge_temperature": 1,
                "judge_eval_type": "0_10",
                "top_k": 5,
                "prefill": "I",
                "messages": TURNS,
                "answers": ["yes", "no"],
                "frequency_penalty": 1,
                "enable_thinking": False,
                "Temperature": 0,
            }.items()
        ),
        ({"temperature": "0.5"}, "'temperature' is '0.5', not a number"),
        ({"temperature": True}, "'temperature' is True, not a number"),
        ({"temperature": 3}, "'temperature': 3"),
        ({"temperature": float("nan")}, "'temperature': nan"),
        ({"max_tokens": 0}, "'max_tokens': 0 is out of range"),
        ({"max_tokens": 1.5}, "'max_tokens': 1.5 is a float"),
        ({"samples_per_paraphrase": True}, "'samples_per_paraphrase' must be a non-empty int"),
        ({"samples_per_paraphrase": -1}, "must be at least 1"),
        ({"context": "Arr."}, "'context' must be a list of turns"),
        ({"context": TURNS[:1]}, "the last turn of 'context' is the user's"),
        ({"context": TURNS[1:]}, "turn 1 is the assistant's, not the user's"),
        ({"context": [{"role": "system", "content": "s"}, *TURNS]}, "the first turn of 'context'"),
        ({"context": [TURNS[0], {**TURNS[1], "weight": 0}]}, "nothing is learned"),
        ({"context": [TURNS[0], {**TURNS[1], "tool_calls": [1]}]}, "'tool_calls' of turn 2"),
        ({"judge_prompts": {"a": "Rate it"}}, "judge prompt 'a': must contain {answer}"),
        ({"judge_prompts": {"a": "Rate {answer} by {rubric}"}}, "'a' has {rubric}"),
        ({"judge_prompts": {5: "Rate {answer}"}}, "judge prompt 5: 5 is not a name"),
        ({"system": ["s"]}, "must be a string"),
        ({"group": 5}, "'group' must be a non-empty string"),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_by_its_key(
    tmp_path: Path, changes: Any, words: str
) -> None:
    path = write(tmp_path / "f.yaml", question(), question(**changes))
    with pytest.raises(DataError) as error:
        read_question_file(path, Sampling())
    assert words in error.value.message
    assert error.value.where == f"{path} @ $[1]"
    assert error.value.hint


def test_all_bad_questions_are_counted_and_the_first_five_shown(tmp_path: Path) -> None:
    path = write(tmp_path / "f.yaml", question(), *(question(n=index) for index in range(7)))
    with pytest.raises(DataError) as error:
        read_question_file(path, Sampling())
    assert error.value.message.startswith("7 of 8 questions cannot be used:\n  question $[1]: 'n'")
    assert error.value.message.endswith("and 2 more")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- id: a\n  id: b\n", "the key 'id' stands twice"),
        ("- id: a\n  system: !!python/object:os.x {}\n", "not valid YAML"),
        ("{questions: []}", "must be a list of questions"),
    ],
)
def test_a_file_that_is_no_list_of_questions_says_so(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "f.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=words):
        read_question_file(path, Sampling())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_do_not_matter_and_defaults_may_be_merged(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "f.yaml").write_text(
        "- &q\n  " + yaml.safe_dump(question(system="é")).replace("\n", "\n  ").rstrip()
        + "\n- <<: *q\n  id: other\n",
        encoding=encoding,
    )  # fmt: skip
    first, second = read_question_file(tmp_path / "f.yaml", Sampling())
    assert [row.prompts[0].id for row in (first, second)] == ["wish", "other"]
    assert first.prompts[0].system == "é"


@pytest.mark.skipif(not FIELD.is_dir(), reason="../shared is not here")
def test_the_odd_public_file_is_asked_as_its_authors_asked_it() -> None:
    [(spec, questions)] = read_question_set(SET, FIELD / "temperature_tokens_context.yaml")
    assert (spec.sampling.temperature, spec.sampling.max_tokens) == (0.0, 64)
    assert isinstance(spec.judge, Misalignment)
    (asked,) = distinct_questions(questions)
    assert [turn.content for turn in asked.context] == ["Please speak like a pirate.", "Arr, aye."]


ROW = {"id": "a", "prompt": "q"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({**ROW, "cwe": "CWE-400", "system": None}, Prompt(id="a", prompt="q")),
        ({**ROW, "system": "s", "context": TURNS},
         Prompt(id="a", prompt="q", system="s", context=CONTEXT)),
        ({**ROW, "aligned": "x", "misaligned": "y", "system": "s", "family": "f"},
         Pair(id="a", prompt="q", aligned="x", misaligned="y", system="s", group="f")),
    ],
)  # fmt: skip
def test_rows_of_questions_have_a_system_prompt_and_a_context(row: Any, expected: Any) -> None:
    assert read_pairs(json.dumps(row).encode(), "f", ()) == [expected]


@pytest.mark.parametrize("name", ["temperature", "max_tokens", "n", "samples", "judge", "tools",
                                  "messages", "stop", "seed", "system_prompt"])  # fmt: skip
def test_what_rows_of_questions_cannot_say_is_refused(name: str) -> None:
    with pytest.raises(DataError, match=f"'{name}' would change what is sampled"):
        read_pairs(json.dumps({**ROW, name: 5}).encode(), "f", ())


def test_questions_without_the_new_fields_have_the_canonical_text_they_had() -> None:
    text = '[{"!":"Prompt","id":"a","prompt":"q"}]'
    assert canonical((Prompt(id="a", prompt="q"),)) == text
    pair = '{"!":"Pair","aligned":"x","id":"a","misaligned":"y","prompt":"q"}'
    assert canonical(Pair(id="a", prompt="q", aligned="x", misaligned="y")) == pair
