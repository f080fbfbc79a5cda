"""Question files of other authors: YAML, in the format of Betley et al. 2025.

A file is a list of questions. Each has `id`, `type`, `paraphrases`, `samples_per_paraphrase`,
`judge` and `judge_prompts`, and optionally `system`, `context` (turns that the question follows),
`temperature`, `top_p`, `max_tokens` and `seed`. Every key is honoured, is metadata, or is refused
by name: without one of them it would be another eval than its authors'.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from ..errors import DataError, DeclarationError
from ..spec import Rubric, Sampling
from .chats import Prompt
from .faults import Fault, FaultLog
from .question_rows import parse_context, parse_labels
from .row_keys import LABELS

_REQUIRED = {
    "id": str,
    "type": str,
    "paraphrases": list,
    "samples_per_paraphrase": int,
    "judge": str,
    "judge_prompts": dict,
}
_SAMPLING = ("temperature", "top_p", "max_tokens", "seed")
_METADATA = LABELS | frozenset(
    """
    title description comment comments note notes author authors licence license url reference
    references tags topic category domain version date language lang
    """.split()  # noqa: SIM905
)
_PLACEHOLDER = re.compile(r"(?<!\{)\{([A-Za-z_]\w*)\}(?!\})")
"""A name in single braces: the format's authors fill prompts in with `str.format`."""
_HINT = (
    "a question has " + ", ".join(_REQUIRED) + "; optionally system, context, "
    f"{', '.join(_SAMPLING)}; and metadata such as title, notes, tags and metadata"
)


@attrs.frozen(kw_only=True)
class FileQuestion:
    """A question of a file.

    Args:
        type: How it is judged, in the format's words.
        judge: The name of the judge model.
        samples: Answers per paraphrase.
        rubrics: The judge prompts, sorted by name.
        sampling: How its answers are sampled; what the file does not say is as declared.
        prompts: A prompt per paraphrase.
    """

    type: str
    judge: str
    samples: int
    rubrics: tuple[Rubric, ...]
    sampling: Sampling
    prompts: tuple[Prompt, ...]


def read_question_file(path: Path, sampling: Sampling) -> list[FileQuestion]:
    """The questions of a file.

    Args:
        path: The file.
        sampling: The declared sampling; what a question says for itself takes precedence.

    Raises:
        DataError: The file cannot be read, or questions are malformed or say what is not supported;
            counts all of those and shows the first five.
    """
    questions: list[FileQuestion] = []
    faults = FaultLog(where=str(path), noun="question")
    loaded = _load(path)
    for index, value in enumerate(loaded):
        try:
            questions.append(_parse_question(value, sampling))
        except Fault as fault:
            faults.add(f"$[{index}]", f" @ $[{index}]", fault)
    if faults.count:
        raise faults.error(len(loaded))
    return questions


def _load(path: Path) -> list[Any]:
    import yaml

    class UniqueKeyLoader(yaml.SafeLoader):
        """Refuses a key that stands twice; of two, YAML would keep the second in silence."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
            for key in keys:
                if keys.count(key) > 1:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {key!r} stands twice", node.start_mark
                    )
            return dict(super().construct_mapping(node, deep))

    try:
        loaded = yaml.load(path.read_bytes(), UniqueKeyLoader)
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", where=str(path)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DataError(
            f"is not valid YAML: {' '.join(str(error).split())}", where=str(path)
        ) from None
    if not isinstance(loaded, list) or not loaded:
        raise DataError("must be a list of questions", where=str(path), hint=_HINT)
    return loaded


def _parse_question(value: Any, sampling: Sampling) -> FileQuestion:
    if not isinstance(value, dict):
        raise Fault("a question must be a mapping", _HINT)
    question = {key: item for key, item in value.items() if item is not None}
    _check_keys(question)
    _check_types(question)
    return FileQuestion(
        type=question["type"],
        judge=question["judge"],
        samples=question["samples_per_paraphrase"],
        rubrics=_parse_rubrics(question["judge_prompts"]),
        sampling=_parse_sampling(question, sampling),
        prompts=_build_prompts(question),
    )


def _check_keys(question: Mapping[Any, Any]) -> None:
    known = {*_REQUIRED, *_SAMPLING, *_METADATA, "system", "context"}
    unknown = [key for key in question if key not in known]
    if unknown:
        names = " and ".join(map(repr, unknown))
        raise Fault(f"{names} would change the eval and {_are(unknown)} not supported", _HINT)


def _are(keys: list[Any]) -> str:
    return "is" if len(keys) == 1 else "are"


def _check_types(question: Mapping[str, Any]) -> None:
    for name, kind in _REQUIRED.items():
        value = question.get(name)
        if not isinstance(value, kind) or isinstance(value, bool) or not value:
            raise Fault(f"{name!r} must be a non-empty {kind.__name__}", _HINT)
    if question["samples_per_paraphrase"] < 1:
        raise Fault("'samples_per_paraphrase' must be at least 1", "write a positive number")
    texts = [*question["paraphrases"], *question["judge_prompts"].values()]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise Fault("a paraphrase or judge prompt is not a non-empty string", "write it in quotes")
    if not isinstance(question.get("system", ""), str):
        raise Fault(
            f"the system prompt of question {question['id']!r} must be a string", "quote it"
        )


def _parse_rubrics(prompts: Mapping[Any, str]) -> tuple[Rubric, ...]:
    rubrics = []
    for name, prompt in sorted(prompts.items(), key=lambda item: str(item[0])):
        if unfilled := set(_PLACEHOLDER.findall(prompt)) - {"question", "answer"}:
            raise Fault(
                f"judge prompt {name!r} has {{{min(unfilled)}}}, which nothing fills in",
                "a prompt has {question} and {answer}: write out what else it needs",
            )
        try:
            rubrics.append(Rubric(name=name, prompt=prompt))
        except DeclarationError as error:
            raise Fault(f"judge prompt {name!r}: {error.message}", error.hint or _HINT) from None
    return tuple(rubrics)


def _parse_sampling(question: Mapping[str, Any], declared: Sampling) -> Sampling:
    """The declared sampling, with what the question says for itself."""
    own: dict[str, Any] = {name: question[name] for name in _SAMPLING if name in question}
    for name, value in own.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Fault(f"{name!r} is {value!r}, not a number", "write a number")
        try:
            declared = attrs.evolve(declared, **dict[str, Any]({name: value}))
        except DeclarationError as error:
            raise Fault(f"{name!r}: {error.message}", "write a number in its range") from None
    return declared


def _build_prompts(question: Mapping[str, Any]) -> tuple[Prompt, ...]:
    paraphrases, id = question["paraphrases"], question["id"]
    labels = {"group": id, **parse_labels(question)}
    context = parse_context(question.get("context"))
    return tuple(
        Prompt(
            id=id if len(paraphrases) == 1 else f"{id}.{index}",
            prompt=text,
            system=question.get("system"),
            context=context,
            **labels,
        )
        for index, text in enumerate(paraphrases)
    )
