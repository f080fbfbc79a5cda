"""Resolving declared evals to evals that can run.

Published question sets are read, the user's judges replace the declared one, and an eval that the
provider or the judges cannot run is skipped with a reason. If the user names several judges, the
first keeps the eval's name and each other gets an eval of its own; these share the answers, so only
judging is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import attrs

from ..data.contexts import put_questions
from ..data.datasets import Questions
from ..data.question_sets import read_question_set
from ..data.upstream import cached_path
from ..errors import DeclarationError
from ..providers import Providers, canonical_model_name
from ..providers.base import Provider
from ..spec import (
    PLAIN,
    Context,
    Eval,
    Generated,
    ModelJudge,
    Published,
    Resource,
    RunOptions,
    Sampled,
    Setting,
    Upstream,
    judge_model,
)
from ..steps.evals import eval_kind
from .plan import Distribution, PlannedEval

DECLARED, NO_JUDGE = "declared", "none"


@attrs.frozen
class SkippedEval:
    """An eval that is not run, and the reason."""

    setting: str
    eval: str
    reason: str


@attrs.define(kw_only=True)
class EvalResolver:
    """Resolves evals for one model; each question set is read once.

    Args:
        options: The user's judges and votes.
        provider: Serves the model under test.
        providers: Serve the judges.
        sources: Published set → the file that the user gives for it.
        skipped_evals: The evals that are not run, by setting and eval.
    """

    options: RunOptions
    provider: Provider
    providers: Providers
    sources: Mapping[str, str]
    skipped_evals: dict[tuple[str, str], SkippedEval] = attrs.field(factory=dict)
    _questions: dict[Resource, Questions] = attrs.field(factory=dict)
    _recorded: dict[str, Questions] = attrs.field(factory=dict)
    _put_questions: dict[str, Questions] = attrs.field(factory=dict)

    def resolve(
        self,
        setting: Setting,
        extra: Iterable[Eval] = (),
        contexts: Sequence[Context] = (Context(PLAIN),),
        context_evals: Collection[str] = (),
    ) -> Iterator[PlannedEval]:
        """The evals of a setting, each in its contexts.

        Args:
            setting: The setting.
            extra: Evals beside its own, out of distribution.
            contexts: The contexts.
            context_evals: The evals that are asked in other contexts than plain; none: all.
        """
        ood = {spec.id: spec for spec in (*setting.ood_evals, *extra)}
        groups = ((Distribution.ID, setting.id_evals), (Distribution.OOD, ood.values()))
        for distribution, evals in groups:
            for declared in evals:
                for spec in self._runnable(setting, declared):
                    for context in contexts:
                        is_asked = not context_evals or declared.id in context_evals
                        if context.name == PLAIN or is_asked:
                            yield self._put(spec, distribution, context)

    def _put(self, spec: Eval, distribution: Distribution, context: Context) -> PlannedEval:
        """The eval as a context puts it."""
        questions = put_questions(self.questions(spec), context)
        self._put_questions[questions.digest] = questions
        if context.system is not None:
            spec = spec.with_system(context.combine_system)
        return PlannedEval(
            eval=spec,
            distribution=distribution,
            questions=questions.digest,
            context=context.name,
        )

    def resolve_generation(self, source: Generated, where: str) -> Sampled:
        """The eval whose answers are training rows, as the provider has it asked.

        The user's judges do not take the place of its own: they would change what is trained on.

        Raises:
            DeclarationError: The provider or the judge cannot do it.
        """
        spec = source.eval
        reason = None if self.options.rejudge else self._skip_reason(spec)
        if reason is not None:
            raise DeclarationError(
                f"its rows cannot be generated: {reason}",
                where=where,
                hint="sample with a provider that can, or declare another judge",
            )
        configured = self._with_configuration(spec)
        assert isinstance(configured, Sampled)
        return configured

    def questions(self, spec: Eval) -> Questions:
        """The questions of an eval."""
        kind = eval_kind(spec)
        resource = kind.resource(spec)
        if resource not in self._questions:
            self._questions[resource] = kind.load_questions(spec)
        return self._questions[resource]

    def add_recorded(self, questions: Questions) -> None:
        """Add the questions of a finished eval, as its record has them."""
        self._recorded[questions.digest] = questions

    def questions_by_digest(self) -> dict[str, Questions]:
        """All questions read so far, by the digest of their content."""
        read = {questions.digest: questions for questions in self._questions.values()}
        return self._recorded | self._put_questions | read

    def _runnable(self, setting: Setting, declared: Eval) -> Iterator[Eval]:
        for spec in self._load(setting, declared):
            for judged in self._with_judges(spec):
                reason = self._skip_reason(judged)
                if reason is None:
                    yield self._with_configuration(judged)
                else:
                    self._skip(setting, judged, reason)

    def _with_configuration(self, spec: Eval) -> Eval:
        """The eval as the providers' configuration has it asked."""
        spec = spec.with_sampling(self.provider.resolve_sampling)
        if (judge := judge_model(spec)) is not None:
            spec = spec.with_judge(self.providers.for_model(judge.model).resolve_judge(judge))
        return spec

    def _load(self, setting: Setting, declared: Eval) -> Iterator[Eval]:
        """The eval itself, or the evals in the file of a published set."""
        if not isinstance(declared, Published):
            yield declared
            return
        path = self._source_file(declared.id, declared.source)
        if path is None:
            self._skip(setting, declared, f"not here yet: mi data pull {declared.id}")
            return
        for spec, questions in read_question_set(declared, path):
            self._questions[spec.questions] = questions
            yield spec

    def _source_file(self, name: str, source: Upstream) -> Path | None:
        return Path(self.sources[name]) if name in self.sources else cached_path(source)

    def _skip(self, setting: Setting, spec: Eval, reason: str) -> None:
        self.skipped_evals[setting.id, spec.id] = SkippedEval(setting.id, spec.id, reason)

    def _with_judges(self, spec: Eval) -> Iterator[Eval]:
        """The eval once for each judge that the user names; unchanged if no model judges it."""
        judge = judge_model(spec)
        if judge is None:
            if not self.options.rejudge:
                yield spec
            return
        votes = self.options.votes or judge.votes
        for index, name in enumerate(self.options.judges or (DECLARED,)):
            model = judge.model if name in (DECLARED, NO_JUDGE) else canonical_model_name(name)
            user_judge = attrs.evolve(judge, model=model, votes=votes)
            is_extra = self.options.rejudge and user_judge != judge
            if index == 0 and not is_extra:
                yield spec.with_judge(user_judge)
            else:
                yield _with_extra_judge(spec, user_judge)

    def _skip_reason(self, spec: Eval) -> str | None:
        """Why an eval is skipped; None for one that runs."""
        if spec.needs not in self.provider.capabilities and not self.options.rejudge:
            return f"{self.provider.name} offers no {spec.needs}"
        judge = judge_model(spec)
        if judge is None:
            return None
        if NO_JUDGE in self.options.judges:
            return "--judge none"
        judge_provider = self.providers.for_model(judge.model)
        if self.provider.is_free and not self.options.judges and not judge_provider.is_free:
            return f"its judge costs money; --judge {judge.model} includes it"
        if "judge" in judge_provider.capabilities:
            return None
        return f"{judge_provider.name} offers no judge"


def _with_extra_judge(spec: Eval, judge: ModelJudge) -> Eval:
    """The eval with another judge, under a name of its own."""
    model = judge.model.removeprefix("openai:")
    if "/" in model and Path(model.partition(":")[2]).expanduser().is_dir():  # no path in a name
        model = f"{model.partition(':')[0]}-{Path(model).name}"
    name = re.sub(r"[^A-Za-z0-9_.\-]+", "-", model)
    if judge.votes > 1:
        name += f".{judge.votes}votes"
    rejudged = spec.with_judge(judge)
    return attrs.evolve(rejudged, id=f"{spec.id}-by-{name}", title=f"{spec.title} by {name}")
