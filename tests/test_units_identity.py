"""Keys: the same for the same thing, everywhere and for ever; another for another thing."""

from __future__ import annotations

import os
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mi.errors import DeclarationError
from mi.providers.local.recipe import LoraRecipe
from mi.spec import Bandit, Preference, Resource, Sampling, Severity
from mi.spec.fields import NEUTRAL, label, neutral_default
from mi.units.identity import canonical, difference, json_form, key
from mi.units.unit import Base
from tests.support.golden import BASE, EVALUATE, HELDOUT, MIX, SAMPLED, TRAIN


class Colour(Enum):
    RED = "red"


@attrs.frozen
class Box:
    inside: Any


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("mix", MIX, "mix-ec9475a888252806"),
        ("train", TRAIN, "train-4219c579026fed8b"),
        ("eval", EVALUATE, "eval-46d552b057d82a86"),
        ("eval", attrs.evolve(EVALUATE, subject=BASE), "eval-a7f2ffd83d935764"),
        (
            "eval",
            attrs.evolve(EVALUATE, eval=Preference(id="p", title="P", pairs=HELDOUT)),
            "eval-81ce05b094227bf3",
        ),
        ("any", ("é", 1, 1.0, True, None, -0.0, 1e-7, Colour.RED), "any-2483d8bfeb4a3094"),
    ],
)
def test_keys_are_what_they_have_always_been(kind: str, payload: Any, expected: str) -> None:
    """Golden keys: a change here is a migration of every store there is."""
    assert key(kind, payload) == expected


def test_keys_do_not_depend_on_the_process_or_its_hash_seed() -> None:
    program = (
        "from mi.units.identity import key; from tests.support.golden import EVALUATE, MIX; "
        "print(key('mix', MIX), key('eval', EVALUATE))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent.parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert printed == {f"{key('mix', MIX)} {key('eval', EVALUATE)}\n"}


@pytest.mark.parametrize(
    ("payload", "changes"),
    [
        (MIX, {"misaligned": "ab"}),
        (MIX, {"control": None}),
        (MIX, {"misaligned_ratio": 0.25}),
        (MIX, {"total_samples": 101}),
        (MIX, {"seed": 1}),
        (MIX, {"version": 2}),
        (TRAIN, {"mix": "mix-01"}),
        (TRAIN, {"base": Base(provider="local", weights="sha256:01")}),
        (TRAIN, {"hyperparameters": Sampling(temperature=0.5)}),
        (TRAIN, {"seed": 1}),
        (EVALUATE, {"subject": "train-01"}),
        (EVALUATE, {"questions": "qr"}),
        (EVALUATE, {"eval": attrs.evolve(SAMPLED, samples=2)}),
        (EVALUATE, {"eval": attrs.evolve(SAMPLED, sampling=Sampling(max_tokens=7))}),
        (EVALUATE, {"eval": attrs.evolve(SAMPLED, judge=Bandit(severity=Severity.HIGH))}),
    ],
)
def test_what_decides_an_outcome_affects_the_key(payload: Any, changes: dict[str, Any]) -> None:
    assert key("k", payload) != key("k", attrs.evolve(payload, **changes))


@pytest.mark.parametrize(
    "changes",
    [{"id": "t"}, {"title": "T"}, {"questions": Resource(package="other", file="g.jsonl")}],
)
def test_names_and_paths_do_not_affect_the_key(changes: dict[str, Any]) -> None:
    other = attrs.evolve(EVALUATE, eval=attrs.evolve(SAMPLED, **changes))
    assert key("k", EVALUATE) == key("k", other)


def test_no_field_of_the_local_recipe_is_left_out_of_the_key() -> None:
    fields = attrs.fields(LoraRecipe)
    neutral = {field.name: "other" for field in fields if NEUTRAL in field.metadata}
    assert {field.name for field in fields} <= json_form(LoraRecipe(**neutral)).keys()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ((1, [2]), "$[1]"),
        ({"a": 1}, "$"),
        (Path("x"), "$"),
        ((1.0, float("nan")), "$[1]"),
        (float("inf"), "$"),
        (b"x", "$"),
        (attrs.evolve(MIX, seed={1}), "$.seed"),
        (object(), "$"),
    ],
)
def test_what_has_no_canonical_form_is_refused_with_its_path(value: Any, path: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        canonical(value)
    assert caught.value.where == path


def test_numbers_of_different_types_are_told_apart() -> None:
    assert len({canonical(value) for value in (1, 1.0, True, "1")}) == 4


def test_equal_parts_of_different_types_are_told_apart_however_often_they_were_met() -> None:
    for _ in range(2):
        assert len({canonical((Box(value),)) for value in (1, 1.0, True)}) == 3


def test_what_can_change_is_read_anew_each_time() -> None:
    @attrs.define
    class Open:
        inside: Any

    @attrs.define(eq=False)
    class Unequal:
        inside: Any

    for part in (Open(1), Unequal(1), Box(Open(1)), Open(Box(1))):
        before = canonical((part,))
        inner: Any = part.inside if isinstance(part, Box) else part
        inner.inside = 2
        assert canonical((part,)) != before


def test_a_field_added_later_leaves_old_keys_alone_while_it_is_neutral() -> None:
    @attrs.frozen
    class Old:
        a: int
        name: str = label(default="")

    old = Old
    new = attrs.make_class("Old", {"a": attrs.field(), "b": neutral_default(0)}, frozen=True)
    assert key("k", old(1)) == key("k", new(1)) != key("k", new(1, 2))
    assert key("k", old(1, "x")) == key("k", old(1))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=12,
)  # fmt: skip


def typed(value: Any) -> Any:
    """A value that equals another only if types agree too."""
    if isinstance(value, tuple):
        return tuple(typed(item) for item in value)
    return type(value).__name__, value


@given(values, values)
def test_different_values_have_different_texts(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == (typed(one) == typed(other))


def test_a_difference_names_what_changed() -> None:
    other = attrs.evolve(EVALUATE, eval=attrs.evolve(SAMPLED, sampling=Sampling(temperature=0.7)))
    lines = difference(json_form(EVALUATE), json_form(other))
    assert lines == ["eval.sampling.temperature: 1.0 → 0.7"]
    assert difference(json_form(MIX), json_form(MIX)) == []
