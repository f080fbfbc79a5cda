"""What is asked: the evals of a setting as a provider and the user's judges make them.

Declared evals become evals that can be run: published question sets are read, the user's judges
take the place of the declared one, and what nobody here can run is left out with the reason. Of
several judges the first one judges under the eval's own name and each other beside it; they share
the answers, so that only judging is done again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import attrs

from ..data.datasets import Questions
from ..data.question_sets import read_question_set
from ..data.upstream import cached_path
from ..providers import Providers, canonical_model_name
from ..providers.base import Provider
from ..spec import (
    Eval,
    ModelJudge,
    Published,
    Resource,
    RunOptions,
    Setting,
    Upstream,
    judge_model,
)
from ..steps.evals import eval_kind
from .plan import Distribution, PlannedEval

DECLARED, NO_JUDGE = "declared", "none"


@attrs.frozen
class SkippedEval:
    """An eval that is not run here, and why."""

    setting: str
    eval: str
    reason: str


@attrs.define(kw_only=True)
class EvalResolver:
    """Evals as they are asked here; what is read is read once.

    Args:
        sources: Published set → the file the user gives for it.
        left_out: By setting and eval, what is not run.
    """

    options: RunOptions
    provider: Provider
    providers: Providers
    sources: Mapping[str, str]
    skipped_evals: dict[tuple[str, str], SkippedEval] = attrs.field(factory=dict)
    _questions: dict[Resource, Questions] = attrs.field(factory=dict)

    def resolve(self, setting: Setting, extra: Iterable[Eval] = ()) -> Iterator[PlannedEval]:
        """The evals of a setting, and `more` out-of-distribution ones."""
        ood = {one.id: one for one in (*setting.ood_evals, *extra)}
        both = ((Distribution.ID, setting.id_evals), (Distribution.OOD, ood.values()))
        for distribution, evals in both:
            for declared in evals:
                for one in self._runnable(setting, declared):
                    questions = self.questions(one).digest
                    yield PlannedEval(eval=one, distribution=distribution, questions=questions)

    def questions(self, spec: Eval) -> Questions:
        """What an eval asks."""
        kind = eval_kind(spec)
        resource = kind.resource(spec)
        if resource not in self._questions:
            self._questions[resource] = kind.load_questions(spec)
        return self._questions[resource]

    def questions_by_digest(self) -> dict[str, Questions]:
        """All questions read so far, by the digest of their content."""
        return {asked.digest: asked for asked in self._questions.values()}

    def _runnable(self, setting: Setting, declared: Eval) -> Iterator[Eval]:
        for one in self._load(setting, declared):
            for judged in self._with_judges(one):
                reason = self._skip_reason(judged)
                if reason is None:
                    yield judged
                else:
                    self._skip(setting, judged, reason)

    def _load(self, setting: Setting, declared: Eval) -> Iterator[Eval]:
        """The eval itself, or those of a published set's file."""
        if not isinstance(declared, Published):
            yield declared
            return
        path = self._source_file(declared.id, declared.source)
        if path is None:
            self._skip(setting, declared, f"not here yet: mi data pull {declared.id}")
            return
        for one, questions in read_question_set(declared, path):
            self._questions[one.questions] = questions
            yield one

    def _source_file(self, name: str, source: Upstream) -> Path | None:
        return Path(self.sources[name]) if name in self.sources else cached_path(source)

    def _skip(self, setting: Setting, spec: Eval, reason: str) -> None:
        self.skipped_evals[setting.id, spec.id] = SkippedEval(setting.id, spec.id, reason)

    def _with_judges(self, spec: Eval) -> Iterator[Eval]:
        """The eval by each judge the user names, where a model judges it."""
        judge = judge_model(spec)
        if judge is None:
            if not self.options.rejudge:
                yield spec
            return
        votes = self.options.votes or judge.votes
        for index, named in enumerate(self.options.judges or (DECLARED,)):
            model = judge.model if named in (DECLARED, NO_JUDGE) else canonical_model_name(named)
            by = attrs.evolve(judge, model=model, votes=votes)
            beside = self.options.rejudge and by != judge
            if index == 0 and not beside:
                yield spec.with_judge(by)
            else:
                yield _with_extra_judge(spec, by)

    def _skip_reason(self, spec: Eval) -> str | None:
        """Why an eval is left out; None for one that is done."""
        if spec.needs not in self.provider.capabilities and not self.options.rejudge:
            return f"{self.provider.name} offers no {spec.needs}"
        judge = judge_model(spec)
        if judge is None:
            return None
        if NO_JUDGE in self.options.judges:
            return "--judge none"
        if self.provider.is_free and not self.options.judges:
            return f"its judge costs money; --judge {judge.model} includes it"
        serving = self.providers.for_model(judge.model)
        return None if "judge" in serving.capabilities else f"{serving.name} offers no judge"


def _with_extra_judge(spec: Eval, judge: ModelJudge) -> Eval:
    """The eval by another judge, under a name of its own."""
    name = re.sub(r"[^A-Za-z0-9_.\-]+", "-", judge.model.removeprefix("openai:"))
    if judge.votes > 1:
        name += f".{judge.votes}votes"
    rejudged = spec.with_judge(judge)
    return attrs.evolve(rejudged, id=f"{spec.id}-by-{name}", title=f"{spec.title} by {name}")
