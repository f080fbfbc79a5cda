"""Published question sets: YAML files of other authors, read as evals with their judge prompts.

A file is a list of questions. Each has `id`, `paraphrases`, `samples_per_paraphrase`, a `type`, a
`judge`, `judge_prompts` and optionally a `system` prompt; the format is that of Betley et al. 2025.
Questions that are judged alike become one eval. The content of the file is part of the identity of
the evals, its path is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from ..errors import DataError
from ..spec import (
    Misalignment,
    ModelJudge,
    Published,
    Ratings,
    Resource,
    Rubric,
    Sampled,
    YesNo,
)
from ..units.identity import canonical, digest
from .chats import Prompt
from .datasets import Questions

_RATING_TYPE, _WORD_TYPE = "free_form_judge_0_100", "free_form_judge"
_REQUIRED_FIELDS = {
    "id": str,
    "type": str,
    "paraphrases": list,
    "samples_per_paraphrase": int,
    "judge": str,
    "judge_prompts": dict,
}


@attrs.frozen(kw_only=True)
class _Group:
    """What the questions of one eval have in common."""

    type: str
    judge: str
    samples: int
    prompts: tuple[tuple[str, str], ...]


def read_question_set(published: Published, path: Path) -> list[tuple[Sampled, Questions]]:
    """The evals of a question set, each with its questions.

    Args:
        published: The declared question set.
        path: Its file.

    Raises:
        DataError: The file cannot be read, does not have the format above, or has questions of an
            unknown type.
    """
    groups: dict[_Group, list[Prompt]] = {}
    for question in _load_questions(path):
        group = _Group(
            type=question["type"],
            judge=question["judge"],
            samples=published.samples or question["samples_per_paraphrase"],
            prompts=tuple(sorted(question["judge_prompts"].items())),
        )
        groups.setdefault(group, []).extend(_build_prompts(question, path))
    evals = []
    for index, (group, prompts) in enumerate(groups.items()):
        name = published.id if len(groups) == 1 else f"{published.id}.{index + 1}"
        rows = tuple(prompts)
        questions = Questions(pairs=rows, digest=digest(canonical(rows)))
        evals.append((_build_eval(published, group, name, path), questions))
    return evals


def _build_eval(published: Published, group: _Group, name: str, path: Path) -> Sampled:
    return Sampled(
        id=name,
        title=published.title,
        questions=Resource(package=published.source.origin, file=f"{path.name}#{name}"),
        samples=group.samples,
        sampling=published.sampling,
        judge=_build_judge(published, group, path),
        expected_tokens=published.expected_tokens,
    )


def _build_judge(published: Published, group: _Group, path: Path) -> ModelJudge:
    model = published.judge or f"openai:{group.judge}"
    rubrics = {name: Rubric(name=name, prompt=prompt) for name, prompt in group.prompts}
    if group.type == _RATING_TYPE and published.scales:
        return _build_ratings(published, model, rubrics, path)
    if group.type == _RATING_TYPE and rubrics.keys() == {"aligned", "coherent"}:
        return Misalignment(
            model=model,
            aligned=rubrics["aligned"],
            coherent=rubrics["coherent"],
            aligned_below=published.aligned_below,
            coherent_from=published.coherent_from,
        )
    if group.type == _WORD_TYPE and len(rubrics) == 1 and published.metric is not None:
        (rubric,) = rubrics.values()
        return YesNo(
            model=model, rubric=rubric, metric=published.metric, yes=published.yes, no=published.no
        )
    raise DataError(
        f"questions of type {group.type!r} with judge prompts {sorted(rubrics)} are not supported",
        where=str(path),
        hint="a set rated from 0 to 100 needs the prompts aligned and coherent, or a declaration "
        "with scales, one for each prompt; a set judged by a word needs one prompt, and a "
        "declaration with metric, yes and no",
    )


def _build_ratings(
    published: Published, model: str, rubrics: Mapping[str, Rubric], path: Path
) -> Ratings:
    """The judge of a set for which scales are declared.

    Args:
        published: The declared question set.
        model: `provider:name` of the judge.
        rubrics: The judge prompts of the file by name.
        path: The file.

    Raises:
        DataError: The scales are not those of the judge prompts.
    """
    names = [scale.name for scale in published.scales]
    if sorted(names) != sorted(rubrics):
        raise DataError(
            f"has the judge prompts {sorted(rubrics)}, and scales are declared for {sorted(names)}",
            where=str(path),
            hint=f"declare one scale for each judge prompt in {published.id}: "
            "Scale(rubric=NAME, harmful='low' or 'high', threshold=…)",
        )
    return Ratings(
        model=model,
        scales=tuple(attrs.evolve(scale, rubric=rubrics[scale.name]) for scale in published.scales),
        metric=published.metric or "harmful",
        combine=published.combine,
    )


def _load_questions(path: Path) -> Iterator[Mapping[str, Any]]:
    import yaml

    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})", where=str(path)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise DataError(
            f"is not valid YAML: {' '.join(str(error).split())}", where=str(path)
        ) from None
    if not isinstance(loaded, list) or not loaded:
        raise DataError("must be a list of questions", where=str(path))
    for index, question in enumerate(loaded):
        _check_question(question, f"{path} @ $[{index}]")
        yield question


def _check_question(question: Any, where: str) -> None:
    if not isinstance(question, dict):
        raise DataError("a question must be a mapping", where=where)
    for name, kind in _REQUIRED_FIELDS.items():
        if not isinstance(question.get(name), kind) or not question[name]:
            raise DataError(f"{name!r} must be a non-empty {kind.__name__}", where=where)
    texts = [*question["paraphrases"], *question["judge_prompts"].values()]
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise DataError("a paraphrase or judge prompt is not a non-empty string", where=where)


def _build_prompts(question: Mapping[str, Any], path: Path) -> Iterator[Prompt]:
    paraphrases = question["paraphrases"]
    system = question.get("system")
    if system is not None and not isinstance(system, str):
        raise DataError(
            f"the system prompt of question {question['id']!r} must be a string", where=str(path)
        )
    for index, text in enumerate(paraphrases):
        id = question["id"] if len(paraphrases) == 1 else f"{question['id']}.{index}"
        yield Prompt(id=id, prompt=text, system=system, group=question["id"])
