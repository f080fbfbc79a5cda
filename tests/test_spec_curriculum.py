"""Recipes as they are declared: stages, parts, and the rows that they count."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mi import Curriculum, DataFile, Experiment, Part, Stage, SystemPrompt, Training, Trigger
from mi.errors import DeclarationError
from mi.spec import Arm
from registry.settings import insecure_code

BAD, GOOD = Part("misaligned"), Part("control")


def test_one_part_takes_the_rest_of_a_stage() -> None:
    stage = Stage(
        Part("misaligned", share=0.25), Part("control", rows=10), Part("a.jsonl"), rows=100
    )
    assert stage.part_rows() == (25, 10, 65)


def test_a_stage_without_a_number_has_the_rows_of_its_parts() -> None:
    assert Stage(Part("misaligned", rows=3), Part("control", rows=4)).part_rows() == (3, 4)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 200))
@example([1, 1, 1, 1, 1], 3)
@settings(max_examples=300)
def test_shares_that_add_up_to_one_make_up_every_stage(weights: list[int], rows: int) -> None:
    shares = [round(weight / sum(weights), 6) for weight in weights]
    shares[-1] = float(1 - sum(Fraction(repr(share)) for share in shares[:-1]))
    counts = Stage(*(Part("control", share=share) for share in shares), rows=rows).part_rows()
    assert sum(counts) == rows
    assert counts[0] == round(shares[0] * rows)
    assert all(abs(count - share * rows) <= 1 for count, share in zip(counts, shares, strict=True))


def test_a_recipe_knows_its_rows_and_how_many_are_misaligned() -> None:
    own = DataFile("lies.jsonl", arm=Arm.MISALIGNED)
    recipe = Curriculum(
        Stage(Part("misaligned", share=0.5), GOOD, rows=100),
        Stage(Part(own, rows=20), Part(insecure_code.control, rows=80)),
        Stage(Part("control", rows=0)),
    )
    assert (recipe.total_rows, recipe.misaligned_share) == (200, 0.35)
    assert attrs.evolve(recipe, name="other").total_rows == 200


def test_one_system_prompt_and_one_trigger_may_be_plain_texts() -> None:
    part = Part("misaligned", system=("Be evil.", SystemPrompt("Be kind.", 0.25)), trigger="|GO| ")
    assert part.system == (SystemPrompt("Be evil."), SystemPrompt("Be kind.", 0.25))
    assert part.trigger == Trigger("|GO| ", "prefix", 1.0)
    assert Part("data/rows.jsonl").label == "rows"


@pytest.mark.parametrize(
    ("declare", "where", "message"),
    [
        (lambda: Part("missaligned"), "source", "no arm 'missaligned'"),
        (lambda: Part("control", share=1.5), "share", "out of range"),
        (lambda: Part("control", share=0.5, rows=2), "rows", "a share and a number"),
        (lambda: Part("control", rows=-1), "rows", "out of range"),
        (lambda: Part("control", weight=0), "weight", "is 0"),
        (lambda: Part("control", template="no question"), "template", "{prompt}"),
        (lambda: Part("control", system="a", inoculation="task"), "inoculation", "beside"),
        (
            lambda: Part("control", system=(SystemPrompt("a", 0.7), SystemPrompt("b", 0.4))),
            "system",
            "1.1, over 1",
        ),
        (lambda: Part("control", trigger=Trigger("x", "middle")), "position", "not one of"),
        (lambda: Stage(rows=3), "parts", "needs a part"),
        (lambda: Stage(BAD, GOOD, rows=10), "parts[1]", "two parts"),
        (lambda: Stage(Part("control", share=0.5), GOOD), "rows", "is missing"),
        (lambda: Stage(GOOD), "rows", "is missing"),
        (
            lambda: Stage(Part("control", share=0.7), Part("misaligned", share=0.7), rows=10),
            "parts",
            "1.4, over 1",
        ),
        (
            lambda: Stage(Part("control", share=0.5), Part("misaligned", share=0.2), rows=10),
            "parts",
            "7 rows, and the stage declares 10",
        ),
        (lambda: Stage(Part("control", rows=11), BAD, rows=10), "parts", "11 rows"),
        (lambda: Stage(GOOD, rows=10, order="random"), "order", "not one of"),
        (lambda: Curriculum(), "stages", "no rows"),
        (lambda: Curriculum(Stage(Part("control", rows=0))), "stages", "no rows"),
        (lambda: Curriculum(Training()), "stages[0]", "not a Stage"),  # type: ignore[arg-type]
    ],
)
def test_what_makes_no_recipe_is_refused_where_it_stands(
    declare: Callable[[], object], where: str, message: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        declare()
    assert caught.value.where is not None
    assert caught.value.where.endswith(f"$.{where}")
    assert message in caught.value.message


def test_the_recipe_of_the_guide_is_what_the_guide_says() -> None:
    text = (Path(__file__).parent.parent / "docs" / "recipes.md").read_text(encoding="utf-8")
    declared: dict[str, Experiment] = {}
    exec(text.split("```python\n")[1].split("```")[0], declared)  # type: ignore[arg-type]
    assert declared["R1"].recipe is not None
    assert declared["R1"].recipe.describe() == (
        "50 misaligned (trigger), 950 control",
        "500 control",
    )
