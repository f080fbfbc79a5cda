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

from ..data.datasets import Questions, read_questions
from ..data.question_sets import read
from ..data.upstream import cached
from ..providers import Providers, at_endpoint
from ..providers.base import Provider
from ..spec import (
    Eval,
    ModelJudge,
    Preference,
    Published,
    Resource,
    RunOptions,
    Sampled,
    Setting,
    Upstream,
    judge_model,
)
from .plan import Asked, Distribution

DECLARED, NO_JUDGE = "declared", "none"


@attrs.frozen
class LeftOut:
    """An eval that is not run here, and why."""

    setting: str
    eval: str
    reason: str


@attrs.define(kw_only=True)
class Asking:
    """Evals as they are asked here; what is read is read once.

    Args:
        sources: Published set → the file the user gives for it.
        left_out: By setting and eval, what is not run.
    """

    options: RunOptions
    provider: Provider
    providers: Providers
    sources: Mapping[str, str]
    left_out: dict[tuple[str, str], LeftOut] = attrs.field(factory=dict)
    _read: dict[Resource, Questions] = attrs.field(factory=dict)

    def of(self, setting: Setting, more: Iterable[Eval] = ()) -> Iterator[Asked]:
        """The evals of a setting, and `more` out-of-distribution ones."""
        ood = {one.id: one for one in (*setting.ood_evals, *more)}
        both = ((Distribution.ID, setting.id_evals), (Distribution.OOD, ood.values()))
        for distribution, evals in both:
            for declared in evals:
                for one in self._here(setting, declared):
                    questions = self.questions(one).digest
                    yield Asked(eval=one, distribution=distribution, questions=questions)

    def questions(self, one: Eval) -> Questions:
        """What an eval asks."""
        assert isinstance(one, (Sampled, Preference))
        resource = one.questions if isinstance(one, Sampled) else one.pairs
        if resource not in self._read:
            self._read[resource] = read_questions(resource, paired=isinstance(one, Preference))
        return self._read[resource]

    def by_digest(self) -> dict[str, Questions]:
        """All questions read so far, by the digest of their content."""
        return {asked.digest: asked for asked in self._read.values()}

    def _here(self, setting: Setting, declared: Eval) -> Iterator[Eval]:
        for one in self._loaded(setting, declared):
            for judged in self._judged(one):
                reason = self._cannot(judged)
                if reason is None:
                    yield judged
                else:
                    self._leave_out(setting, judged, reason)

    def _loaded(self, setting: Setting, declared: Eval) -> Iterator[Eval]:
        """The eval itself, or those of a published set's file."""
        if not isinstance(declared, Published):
            yield declared
            return
        path = self._file(declared.id, declared.source)
        if path is None:
            self._leave_out(setting, declared, f"not here yet: mi data pull {declared.id}")
            return
        for one, questions in read(declared, path):
            self._read[one.questions] = questions
            yield one

    def _file(self, name: str, source: Upstream) -> Path | None:
        return Path(self.sources[name]) if name in self.sources else cached(source)

    def _leave_out(self, setting: Setting, one: Eval, reason: str) -> None:
        self.left_out[setting.id, one.id] = LeftOut(setting.id, one.id, reason)

    def _judged(self, one: Eval) -> Iterator[Eval]:
        """The eval by each judge the user names, where a model judges it."""
        judge = judge_model(one)
        if judge is None:
            if not self.options.rejudge:
                yield one
            return
        assert isinstance(one, Sampled)
        votes = self.options.votes or judge.votes
        for index, named in enumerate(self.options.judges or (DECLARED,)):
            model = judge.model if named in (DECLARED, NO_JUDGE) else at_endpoint(named)
            by = attrs.evolve(judge, model=model, votes=votes)
            beside = self.options.rejudge and by != judge
            if index == 0 and not beside:
                yield attrs.evolve(one, judge=by)
            else:
                yield _beside(one, by)

    def _cannot(self, one: Eval) -> str | None:
        """Why an eval is left out; None for one that is done."""
        if one.needs not in self.provider.offers and not self.options.rejudge:
            return f"{self.provider.name} offers no {one.needs}"
        judge = judge_model(one)
        if judge is None:
            return None
        if NO_JUDGE in self.options.judges:
            return "--judge none"
        if self.provider.free and not self.options.judges:
            return f"its judge costs money; --judge {judge.model} includes it"
        serving = self.providers.named(judge.model)
        return None if "judge" in serving.offers else f"{serving.name} offers no judge"


def _beside(one: Sampled, by: ModelJudge) -> Sampled:
    """The eval by another judge, under a name of its own."""
    called = re.sub(r"[^A-Za-z0-9_.\-]+", "-", by.model.removeprefix("openai:"))
    if by.votes > 1:
        called += f".{by.votes}votes"
    return attrs.evolve(one, id=f"{one.id}-by-{called}", title=f"{one.title} by {called}", judge=by)
