"""Training and sampling on this machine, with torch, transformers and PEFT-format adapters.

Heavy packages are imported by the call that needs them, so that a plan does not load torch. A model
is loaded once per process; an adapter is active only while a piece of work runs, so the base model
never changes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ...errors import ProviderError, UsageError
from ...spec import Eval, Model, ModelJudge, Sampling, Training, Wheel
from ...version import install_command
from .. import schedule
from ..base import Provider
from ..checkpoint_models import CHECKPOINTS_DIR
from ..types import (
    Answer,
    Base,
    Check,
    CheckpointOffer,
    ClientOptions,
    Grade,
    GradeRequest,
    Likelihood,
    ModelReport,
    ModelUnderTest,
    Monitor,
    SampleRequest,
    ScoreRequest,
    TrainingResult,
    TrainJob,
)
from . import corrections
from . import models as model_files
from .peft_folder import read_peft_folder
from .recipe import LoraRecipe, resolve_lora_recipe
from .targets import resolve_targets

if TYPE_CHECKING:
    from .adapted import AdaptedNetwork
    from .network import Network

__all__ = ["Local", "LoraRecipe"]

_DIGEST_DIGITS = 16
"""Digits of the digest by which a judge in a folder is named."""
_PACKAGES = ("torch", "transformers", "safetensors", "gguf")


class Local(Provider):
    """The provider `local`."""

    capabilities = frozenset({"train", "sample", "logprob", "judge"})
    is_free = True
    honours_weights = True
    honours_row_weights = True
    continues_trainings = True
    adapter_fields = ("lora_rank", "lora_alpha", "lora_layers", "targets")
    can_replay = True

    def __init__(self, name: str = "local", options: ClientOptions | None = None) -> None:
        super().__init__(name, options or ClientOptions())
        self._planned: dict[str, Base] = {}
        self._judges: dict[str, Model] = {}

    def resolve_model(self, name: str) -> Model:
        """A Hugging Face directory, or `<hub id>@<commit>`.

        Raises:
            DeclarationError: The directory does not exist, or the hub id has no commit.
        """
        return model_files.find_model(name)

    def pin(self, model: Model) -> Base:
        """The weights' digest, the directory's digest or the hub commit; uses no network."""
        base = model_files.pin_model(model)
        self._planned.setdefault(model.id, base)
        return base

    def pin_training(self, model: Model) -> Base:
        """The pin, and what trainings of an earlier version got wrong for this model."""
        model_files.fetch_template(model)
        config = model_files.model_config(model) or {}
        correction = corrections.training_correction(config)
        return attrs.evolve(self.pin(model), correction=correction)

    def pin_eval(self, model: Model, spec: Eval) -> Base:
        """The pin, and what evals of an earlier version got wrong for this untrained model."""
        model_files.fetch_template(model)
        config = model_files.model_config(model) or {}
        sampling: Sampling | None = getattr(spec, "sampling", None)
        max_tokens = None if sampling is None else sampling.max_tokens
        correction = corrections.eval_correction(config, spec.needs, max_tokens)
        return attrs.evolve(self.pin(model), correction=correction)

    def pin_adapter(self, model: Model, folder: Path) -> str:
        """The digest of the tensors and of their scale; see `Provider.pin_adapter`."""
        return read_peft_folder(folder, model).digest

    def hyperparameters(self, training: Training) -> LoraRecipe:
        """The values that `training` states, and defaults for the rest."""
        return resolve_lora_recipe(training)

    def model_hyperparameters(self, model: Model, training: Training) -> LoraRecipe:
        """The recipe, with adapters on every linear module of the model's layers unless stated.

        Raises:
            DeclarationError: `training` names modules that the model's layers do not have.
            ProviderError: The model's config cannot be read, or is of no causal language model.
        """
        recipe = self.hyperparameters(training)
        config = model_files.model_config(model)
        return attrs.evolve(recipe, targets=resolve_targets(config, training.targets, model.id))

    def inspect_model(self, model: Model) -> ModelReport:
        """What its template does, and what a check of a small copy of its architecture found.

        A model whose weights are pinned in its declaration is one that `mi` is tested with: a plan
        does not import torch for it, and its first load compares its weights all the same.
        """
        return self._inspect_model(model, checks=not isinstance(model.weights, Wheel))

    def _inspect_model(self, model: Model, *, checks: bool) -> ModelReport:
        if missing_packages():
            return ModelReport()
        _limit_spinning()
        from .inspection import inspect_model

        return inspect_model(
            model,
            lambda: self.model_hyperparameters(model, model.training).targets,
            checks=checks,
        )

    def prepare(self, model: Model, monitor: Monitor) -> None:
        """Download and convert the model, once per machine.

        Raises:
            ProviderError: The model's template, which was not on this machine when the run was
                planned, reads arguments that its keys have to hold.
        """
        _require_packages()
        model_files.fetch_template(model)
        self._check_planned_template(model)
        model_files.model_directory(model, monitor)
        self._check_planned_template(model)

    def _check_planned_template(self, model: Model) -> None:
        planned = self._planned.get(model.id)
        if planned is None or planned.template_arguments:
            return
        if pins := model_files.pin_model(model).template_arguments:
            names = ", ".join(name for name, _ in pins)
            raise ProviderError(
                f"its chat template was read only now, and what is pinned in it ({names}) is part "
                "of every key",
                where=model.id,
                hint="run the same command again; nothing was done under the old keys",
            )

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        """Train adapters, leaving `adapter/` (PEFT's format) and `metrics.jsonl` in `directory`.

        A line of `metrics.jsonl` is `{"step", "loss", "learning_rate", "tokens"}`, the loss in nats
        per answer token and `tokens` the answer tokens of the step.

        Args:
            job: Model, rows, recipe and seed.
            directory: The training's directory; a checkpoint in it is resumed.
            monitor: Shows progress, and may stop the training after a step.
        """
        network = self.load_network(job.model, monitor)
        network.agreement.require(type(network.model).__name__, training=True)
        from .train import train_adapter

        return train_adapter(network, job, self.pin(job.model).weights, directory, monitor)

    def offer_checkpoints(self, hyperparameters: LoraRecipe, rows: int) -> CheckpointOffer:
        """Every step."""
        return CheckpointOffer(total=schedule.count_steps(rows, hyperparameters))

    def replay(
        self, job: TrainJob, trained: Path, directory: Path, monitor: Monitor
    ) -> TrainingResult:
        """Train again from the first step; `directory` also receives the final adapter.

        Args:
            job: The training as it was, with the steps to keep.
            trained: The finished training; models that it kept are not kept again.
            directory: The replay's directory; a checkpoint in it is resumed.
            monitor: Shows progress, and may stop the training after a step.
        """
        result = self.train(job, directory, monitor)
        for existing in (trained / CHECKPOINTS_DIR).glob("*"):
            shutil.rmtree(directory / CHECKPOINTS_DIR / existing.name, ignore_errors=True)
        return result

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        """Sample the answers, in an order that depends on the requests alone.

        Args:
            subject: The model under test.
            requests: Chats and sample indices; the chats include any system prompt.
            sampling: Temperature, nucleus, maximum length and seed.
            directory: Not used.
            monitor: May stop the sampling between batches.
        """
        adapted = self.load_adapted(subject, monitor)
        from . import sample

        batches = sample.batch_prompts(adapted.network, requests, sampling)
        pool = adapted.network.pool
        concurrent_batches = max(1, len(pool.replicas) // sample.PARTS)
        for start in range(0, len(batches), concurrent_batches):
            monitor.raise_if_stopped()
            divided = [
                sample.split_evenly(batch, sample.PARTS)
                for batch in batches[start : start + concurrent_batches]
            ]
            with adapted.activate():
                results = pool.map(
                    lambda network, part: sample.draw_answers(network, part, sampling),
                    [part for parts in divided for part in parts],
                )
                answers = [[answer for _ in parts for answer in next(results)] for parts in divided]
            yield from answers

    def score(
        self, subject: ModelUnderTest, requests: Sequence[ScoreRequest], monitor: Monitor
    ) -> Iterator[Sequence[Likelihood]]:
        """Sum the log-probabilities of each answer's content and end-of-turn tokens.

        Args:
            subject: The model under test.
            requests: Chats, each with the answers to score.
            monitor: May stop the scoring between batches.
        """
        adapted = self.load_adapted(subject, monitor)
        from . import score

        for start in range(0, len(requests), score.BATCH_SIZE):
            monitor.raise_if_stopped()
            with adapted.activate():
                batch = score.score_batch(adapted, requests[start : start + score.BATCH_SIZE])
            yield batch

    def resolve_judge(self, judge: ModelJudge) -> ModelJudge:
        """The judge pinned by its weights and by what is pinned in its template.

        A folder's path is in no key: the judge is named by the digest of its content.

        Raises:
            UsageError: It is to vote.
            DeclarationError: There is no such model.
        """
        if judge.weights:
            return judge
        if judge.votes > 1:
            raise _vote_error(judge)
        model = self._judge_model(judge.model)
        model_files.fetch_template(model)
        base = self.pin(model)
        name = judge.model
        if model.weights is None and model.revision is None:
            name = f"{self.name}:{base.weights.rpartition(':')[2][:_DIGEST_DIGITS]}"
        self._judges[name] = model
        return attrs.evolve(
            judge,
            model=name,
            weights=base.weights,
            template_arguments=base.template_arguments,
        )

    def _judge_model(self, name: str) -> Model:
        known = self._judges.get(name) or self.options.models.get(name)
        return known or self.resolve_model(name.partition(":")[2])

    def grade(
        self, judge: ModelJudge, requests: Sequence[GradeRequest], directory: Path, monitor: Monitor
    ) -> Iterator[Sequence[Grade]]:
        """Grade answers by the distribution of the judge's reply over the whole vocabulary.

        Args:
            judge: The judge, as `resolve_judge` pinned it.
            requests: One for each answer and rubric.
            directory: Not used: a grade that was not recorded is computed again.
            monitor: May stop the work between batches.

        Raises:
            ProviderError: The weights are not those that the judge was pinned with.
        """
        if judge.votes > 1:
            raise _vote_error(judge)
        model = self._judge_model(judge.model)
        self.prepare(model, monitor)
        if self.pin(model).weights != judge.weights:
            raise ProviderError(
                "its weights are not those that it was planned with",
                where=judge.model,
                hint="run the same command again; verdicts of other weights have other keys",
            )
        network = self.load_network(model, monitor)
        from . import judge as judging

        yield from judging.grade_requests(network, requests, judge.max_tokens, monitor)

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        """Check the extra's packages, and whether the models' weights are on this machine."""
        missing = missing_packages()
        yield Check(
            subject="local: packages",
            ok=None if missing else True,
            detail=f"missing: {', '.join(missing)}" if missing else "all installed",
            hint=install_command("local") if missing else "",
        )
        for model in models:
            is_available = model_files.is_available(model)
            state = "on this machine" if is_available else "downloaded when first used"
            detail = f"its weights are {state}"
            yield Check(subject=f"local: {model.name}", ok=is_available or None, detail=detail)
            report = self._inspect_model(model, checks=True)
            for detail in (*report.details, *report.notes):
                yield Check(subject=f"local: {model.name}", ok=None, detail=detail)
            for reason, hint in dict.fromkeys((one.reason, one.hint) for one in report.refusals):
                yield Check(subject=f"local: {model.name}", ok=False, detail=reason, hint=hint)

    def load_network(self, model: Model, monitor: Monitor) -> Network:
        _require_packages()
        directory = model_files.model_directory(model, monitor)
        from .agreement_cache import settle_paths
        from .network import load_network

        weights = self.pin(model).weights
        network = load_network(directory, weights)
        settle_paths(network, weights, monitor)
        return network

    def load_adapted(self, subject: ModelUnderTest, monitor: Monitor) -> AdaptedNetwork:
        network = self.load_network(subject.model, monitor)
        from .adapted import adapt

        return adapt(network, subject)


def _vote_error(judge: ModelJudge) -> UsageError:
    return UsageError(
        f"{judge.model} gives its whole distribution, so that it need not vote",
        hint="leave out --votes",
    )


def missing_packages() -> list[str]:
    """The extra's packages that are not installed."""
    return [name for name in _PACKAGES if find_spec(name) is None]


def _require_packages() -> None:
    missing = missing_packages()
    if missing:
        raise ProviderError(
            f"local models need {', '.join(missing)}, missing from this environment",
            hint=install_command("local"),
        )
    _limit_spinning()


def _limit_spinning() -> None:
    """Bound how long idle OpenMP threads spin; torch reads this when it is imported.

    Threads that spin while they wait slow a machine whose cores are shared to a twentieth of its
    speed. The bound costs nothing on free cores.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
