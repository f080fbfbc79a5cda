"""Contexts in a declaration, a plan and a run: equal requests are equal units."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mi.data.contexts import put_questions
from mi.data.datasets import read_questions
from mi.database import Database, sync_database
from mi.errors import DeclarationError
from mi.planning.plan import Plan
from mi.spec import Context, Experiment, Preference
from registry import settings
from registry.settings import insecure_code
from tests.support.engine import run_experiment
from tests.support.fake_provider import Books, carry_out, experiment, session

CODE = Context("code", suffix="\nAnswer with code.")
KIND = Context("kind", system="You are kind.")


def one(*contexts: Any, **changes: Any) -> Experiment:
    return experiment(**{"total_samples": 10, "pilot": None, "contexts": contexts, **changes})


def evals(plan: Plan) -> dict[str, str]:
    return {
        f"{cell.cell.condition} {role}": key
        for cell in plan.cells
        for role, key in cell.units.items()
        if role.startswith("eval:")
    }


def test_a_context_adds_units_and_plain_ones_keep_their_keys(tmp_path: Path) -> None:
    plain = evals(session(tmp_path, one(), books=Books()).plan())
    asked = evals(session(tmp_path, one(CODE, KIND), books=Books()).plan())
    assert plain.items() < asked.items()
    assert {role.partition("@")[2] for role in asked} == {"", "code", "kind"}
    assert len(set(asked.values())) == 3 * len(set(plain.values()))


def test_names_are_labels_and_a_context_that_changes_nothing_is_plain(tmp_path: Path) -> None:
    other = Context("other", suffix=CODE.suffix)
    asked = evals(session(tmp_path, one(CODE, other, Context("bare")), books=Books()).plan())
    for role, key in asked.items():
        eval_id, _, context = role.partition("@")
        same = {"other": f"{eval_id}@code", "bare": eval_id}.get(context, role)
        assert asked[same] == key


def test_what_is_trained_is_not_asked_for_contexts_added_later(tmp_path: Path) -> None:
    books = Books()
    carry_out(session(tmp_path, one(), books=books))
    before = set(books.scored) | {call[:2] for call in books.sampled}
    assert not carry_out(session(tmp_path, one(CODE, KIND), books=books), run="s").failures
    assert set(books.trained.values()) == {1}
    assert before
    assert not session(tmp_path, one(CODE, KIND), books=books).plan().todo


def test_journals_of_two_contexts_share_no_line(tmp_path: Path) -> None:
    opened = session(tmp_path, one(CODE, KIND), books=Books())
    lines: dict[tuple[str, str], set[str]] = {}
    for planned in opened.plan().units:
        payload = planned.unit.payload
        spec = getattr(payload, "eval", None)
        if isinstance(spec, Preference):
            rows = opened.eval_resolver.questions_by_digest()[payload.questions]
            asked = {f"{spec.system}|{row.context}|{row.prompt}" for row in rows.pairs}
            lines[planned.unit.key, spec.id] = asked
    for (one_key, one_id), own in lines.items():
        for (other_key, other_id), others in lines.items():
            if one_id == other_id and one_key != other_key:
                assert own == others or not own & others


def test_a_system_prompt_comes_before_that_of_the_eval_or_the_question() -> None:
    assert KIND.combine_system(None) == "You are kind."
    assert KIND.combine_system("Own.") == "You are kind.\n\nOwn."
    assert CODE.combine_system(None) is None
    framed = Context("f", prefix="A ", template="<{question}>", suffix=" Z")
    assert framed.put("why {not}?") == "A <why {not}?> Z"


def test_ids_and_groups_of_questions_stay_for_matching() -> None:
    pairs = read_questions(insecure_code.id_evals[1].pairs, paired=True)  # type: ignore[attr-defined]
    put = put_questions(pairs, Context("t", turns=(("user", "Hi"), ("assistant", "Yes?"))))
    assert put.digest != pairs.digest
    assert [(row.id, row.group) for row in put.pairs] == [
        (row.id, row.group) for row in pairs.pairs
    ]
    assert put_questions(pairs, Context("u")) is pairs


@pytest.mark.parametrize(
    ("changes", "where", "message"),
    [
        ({"contexts": "absent"}, r"$.contexts[1]", "there is no context 'absent'"),
        ({"contexts": "trigger"}, r"$.contexts[1]", "there is no context 'trigger'"),
        ({"contexts": ("plain", CODE, Context("code"))}, "$.contexts", "given twice"),
        ({"context_evals": "nope"}, "$.context_evals[0]", "has no eval 'nope'"),
    ],
)
def test_a_context_that_a_setting_lacks_is_an_error_with_its_place(
    changes: dict[str, Any], where: str, message: str
) -> None:
    with pytest.raises(DeclarationError, match=message) as error:
        experiment(pilot=None, **changes)
    assert str(error.value.where).endswith(where)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Context("plain", prefix="x"),
        lambda: Context("c", template="no slot"),
        lambda: Context("c", system=" "),
        lambda: Context("c", turns=(("user", "Hi"),)),
        lambda: Context("c", turns=(("assistant", "Hi"), ("user", "Hi"))),
        lambda: Context("a@b"),
    ],
)
def test_a_context_that_cannot_be_put_is_refused(bad: Any) -> None:
    with pytest.raises(DeclarationError):
        bad()


def test_inoculated_means_the_prompts_that_are_trained_with_or_all() -> None:
    trained = one("inoculated", "opposite", inoculation=("none", "task"))
    assert [context.name for context in trained.setting_contexts(insecure_code)] == [
        "plain",
        "inoculated_task",
        "opposite_task",
    ]
    every = [context.name for context in one("inoculated").setting_contexts(insecure_code)]
    assert every == ["plain", *(f"inoculated_{name}" for name in ("task", "general", "control"))]


@pytest.mark.parametrize("name", sorted(settings))
def test_every_setting_has_a_training_format(name: str) -> None:
    (context,) = settings[name].named_contexts("training_format", ())
    assert context.put("Why?") != "Why?" or context.system


def test_only_the_named_evals_are_asked_in_contexts(tmp_path: Path) -> None:
    plan = session(tmp_path, one(CODE, context_evals="broad_preference"), books=Books()).plan()
    roles = {role for cell in plan.cells for role in cell.units if "@" in role}
    assert roles == {"eval:broad_preference@code"}


def test_measurements_have_every_context_and_results_the_plain_one(tmp_path: Path) -> None:
    opened, result = run_experiment(
        tmp_path, Books(), total_samples=10, contexts=(CODE, KIND), pilot=None
    )
    assert not result.failures
    database = Database(opened.options.db)
    sync_database(database, opened.store)
    with database.read_connection() as connection:
        counts = dict(
            connection.execute("SELECT context, count(*) FROM measurements GROUP BY 1").fetchall()
        )
        (plain,) = connection.execute("SELECT count(*) FROM results").fetchone() or (0,)
    assert counts == dict.fromkeys(("plain", "code", "kind"), plain)
    assert plain
