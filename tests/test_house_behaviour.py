"""Code that decides outcomes does not change unnoticed.

Each kind of unit has a version in its identity. `behaviour.toml` pins a digest of the code behind
each version, docstrings and comments left out. When that code changes, this test fails until one of
two things is written down: a higher version (old outcomes are not those of the new code), or a
signed note that outcomes stay what they were. A new module of a room that does such work fails
this test until it is pinned, or named among the unsigned ones. What turns stored verdicts into
scores has a version of its own outside identity: raising it scores what is stored again.

`python -m tests.test_house_behaviour` prints the digests as they are now.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import tomllib
from pathlib import Path

import pytest

from mi.providers.local.recipe import LoraRecipe
from mi.providers.tinker.recipe import Adapted
from mi.steps.scorers import SCORERS
from mi.units.unit import VERSIONS

ROOT = Path(__file__).parent.parent
PINS = Path(__file__).with_name("behaviour.toml")
LOCAL = "mi/providers/local"
HOSTED = "mi/providers/openai"
TINKER = "mi/providers/tinker"
SHARED = [
    f"mi/providers/{name}.py"
    for name in ("schedule", "chat_template", "template_profile", "template_render")
]


def modules(*folders: str) -> list[str]:
    """All modules in folders, those of their subfolders included, by their path."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
    )


CODE = {
    "mix": ["mi/steps/blend.py", "mi/steps/generated_rows.py", "mi/steps/mix.py"],
    "eval": [
        "mi/steps/context.py",
        *modules("mi/steps/evals"),
        *(
            f"mi/steps/scorers/{name}.py"
            for name in (
                "__init__",
                "bandit",
                "bandit_process",
                "code",
                "hardcoded",
                "literals",
                "prompt_tests",
                "unjudged",
            )
        ),
    ],
    "scoring": [
        "mi/data/ratings.py",
        "mi/data/spelling.py",
        *(
            f"mi/steps/scorers/{name}.py"
            for name in ("base", "misalignment", "reply", "reply_tokens", "score")
        ),
        "mi/steps/scorers/ratings.py",
        "mi/steps/scorers/words.py",
        "mi/steps/scorers/yes_no.py",
    ],
    "local training": [
        *SHARED,
        *(f"{LOCAL}/{name}.py" for name in ("adapter_files", "train_step", "lora", "train")),
    ],
    "local asking": [
        f"{LOCAL}/{name}.py" for name in ("decoding", "head", "peft_folder", "sample", "score")
    ],
    "local judging": [f"{LOCAL}/judge.py"],
    "hosted training": [f"{HOSTED}/recipe.py"],
    "tinker training": [
        *SHARED,
        *(f"{TINKER}/{name}.py" for name in ("recipe", "optim_step", "tokenizer")),
    ],
    "tinker asking": [f"{TINKER}/sampling.py"],
}
VERSION = {
    "mix": VERSIONS["mix"],
    "eval": VERSIONS["eval"],
    "scoring": max(scorer.scoring for scorer in SCORERS.values()),
    "local training": LoraRecipe().recipe,
    "local asking": VERSIONS["eval"],
    "local judging": VERSIONS["eval"],
    "hosted training": VERSIONS["train"],
    "tinker training": Adapted().recipe,
    "tinker asking": VERSIONS["eval"],
}

UNSIGNED = {
    "mi/steps": (
        "__init__ evaluate lazy recorder train scorers/first_verdicts scorers/known_answers "
        "scorers/probe"
    ),
    "mi/providers": (
        "__init__ base budget checkpoint_models create endings extra_body grouping http_limits "
        "launch metrics_log pricing probe retry spending store_share template_files trained_model "
        "types usage watch"
    ),
    LOCAL: (
        "__init__ adaptable adapted agreement agreement_cache agreement_probes architecture "
        "checkpoint core_pool corrections draw_check file_digests gguf inspection kv_cache "
        "layers linear logging models network packing paths prefix probe_tokenizer recipe "
        "self_check shrink targets tensor_cache wheel"
    ),
    HOSTED: (
        "__init__ accounts batch_admission batch_find batch_jobs batch_lines batch_log batches "
        "bodies checkpoints choices completions diagnostics dialect errors event_loop events files "
        "find job_poller jobs launch logprobs lookup probe probe_requests rate_limiter replies "
        "service_replies "
        "tail thoughts train transport twins voting"
    ),
    TINKER: (
        "__init__ backoff client diagnostics errors futures lost_runs pending_save probe resume "
        "runs sampler_slots template_pins train"
    ),
}
"""By folder, the other modules of these rooms. Their own tests hold what they do."""


def behaviour(kind: str) -> str:
    """Digest of the code behind a kind, as a syntax tree without its docstrings."""
    sums = hashlib.sha256()
    for name in CODE[kind]:
        tree = ast.parse((ROOT / name).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            match getattr(node, "body", None):
                case [ast.Expr(value=ast.Constant() as docstring), *_]:
                    docstring.value = ""
        sums.update(ast.unparse(tree).encode())
    return sums.hexdigest()[:16]


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="trees print another way elsewhere")
@pytest.mark.parametrize("kind", CODE)
def test_code_that_decides_outcomes_is_the_code_that_was_signed(kind: str) -> None:
    pin = tomllib.loads(PINS.read_text(encoding="utf-8"))[kind]
    assert pin["version"] == VERSION[kind]
    assert pin["note"]
    assert pin["digest"] == behaviour(kind), (
        f"the code of {kind!r} changed. If outcomes can differ, raise its version; if they cannot, "
        "say so in the note. Then pin the new digest in tests/behaviour.toml."
    )


def test_every_module_is_signed_or_named_as_unsigned() -> None:
    signed = {name for names in CODE.values() for name in names}
    named = {f"{folder}/{name}.py" for folder, names in UNSIGNED.items() for name in names.split()}
    assert not signed & named
    rooms = ("mi/steps", "mi/providers")
    assert {name for name in signed if name.startswith(rooms)} | named == set(modules(*rooms))


if __name__ == "__main__":
    for one in CODE:
        print(f'["{one}"]\nversion = {VERSION[one]}\ndigest = "{behaviour(one)}"\nnote = ""\n')
