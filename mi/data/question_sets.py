"""Published question sets: YAML files of other authors, read as evals with their judge prompts.

Questions that are sampled and judged alike become one eval. The content of the file is part of the
identity of the evals, its path is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

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
    Sampling,
    YesNo,
)
from ..units.identity import canonical, digest
from .chats import Prompt
from .datasets import Questions
from .question_files import read_question_file

_RATING_TYPE, _WORD_TYPE = "free_form_judge_0_100", "free_form_judge"


@attrs.frozen(kw_only=True)
class _Group:
    """What the questions of one eval have in common."""

    type: str
    judge: str
    samples: int
    rubrics: tuple[Rubric, ...]
    sampling: Sampling


def read_question_set(published: Published, path: Path) -> list[tuple[Sampled, Questions]]:
    """The evals of a question set, each with its questions.

    Args:
        published: The declared question set.
        path: Its file.

    Raises:
        DataError: The file cannot be read, does not have the format of `mi.data.question_files`, or
            has questions of an unknown type.
    """
    groups: dict[_Group, list[Prompt]] = {}
    for question in read_question_file(path, published.sampling):
        group = _Group(
            type=question.type,
            judge=question.judge,
            samples=published.samples or question.samples,
            rubrics=question.rubrics,
            sampling=question.sampling,
        )
        groups.setdefault(group, []).extend(question.prompts)
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
        sampling=group.sampling,
        judge=_build_judge(published, group, path),
        expected_tokens=_expected_tokens(published, group.sampling),
    )


def _expected_tokens(published: Published, sampling: Sampling) -> int | None:
    """The declared length of an answer, as far as the file's limit allows it."""
    declared = published.expected_tokens
    return None if declared is None else min(declared, sampling.max_tokens)


def _build_judge(published: Published, group: _Group, path: Path) -> ModelJudge:
    model = published.judge or f"openai:{group.judge}"
    rubrics = {rubric.name: rubric for rubric in group.rubrics}
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
