"""What the engine asks of a provider, in plain values.

A provider trains a base model on chat rows, samples answers, and scores how likely a model finds
given answers. It knows no experiment, no eval and no store: it receives rows and a working
directory, and reports progress to a `Monitor`. A call that is killed can be repeated with the same
arguments: the provider finds in the working directory what the killed call left, and resumes.

`Provider` implements everything with a default that does nothing or refuses. A new provider
overrides what it can do and lists that in `capabilities`.

`sample`, `score` and `grade` yield batches. The caller stores whole batches and asks again for the
rest. A local provider yields batches in an order that depends on the requests alone, so the rest
equals what an uninterrupted call would have given; a hosted one yields them as they arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ..errors import ProviderError
from ..spec import Eval, Model, ModelJudge, Sampling, Training
from .probe import ProbeResult
from .types import (
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
    RemoteJob,
    SampleRequest,
    ScoreRequest,
    TrainingResult,
    TrainJob,
    Usage,
)


class Provider:
    """Trains, samples, scores and judges models; by default it can do none of it.

    Attributes:
        name: The part of a model before the colon: `openai:gpt-4.1`.
        capabilities: Of `train`, `sample`, `logprob` and `judge`. The engine plans only these.
        is_free: Whether repeating a unit costs nothing but time.
        honours_weights: Whether its trainings leave the turns of `weight` 0 out of the loss. A plan
            refuses rows with such turns for a provider that does not.
        honours_row_weights: Whether its trainings weigh the loss of rows; see `TrainJob`.
        continues_trainings: Whether it trains a trained model on; see `TrainJob`.
        adapter_fields: The hyperparameters that a training must share with the one it continues.
        max_concurrent_trainings: Training units of one run at the same time.
        max_concurrent_evals: Eval units of one run at the same time. Where both limits are 1, units
            run one after the other.
        can_replay: Whether it can give models of earlier steps of a training that is finished.
        has_probe: Whether the server of a model is probed before anything is sampled.
        lost_answers: Answers that were lost in transit and requested again.
    """

    name: str
    capabilities: frozenset[str] = frozenset()
    is_free: bool = False
    honours_weights: bool = False
    honours_row_weights: bool = False
    continues_trainings: bool = False
    adapter_fields: tuple[str, ...] = ()
    max_concurrent_trainings: int = 1
    max_concurrent_evals: int = 1
    can_replay: bool = False
    has_probe: bool = False
    lost_answers: int = 0

    def __init__(self, name: str, options: ClientOptions) -> None:
        self.name = name
        self.options = options

    @property
    def address(self) -> str:
        """Where its server is, for what is remembered of a server; empty where there is none."""
        return ""

    def resolve_model(self, name: str) -> Model:
        """The model users call `name` (without the provider's prefix); any name, by default.

        Raises:
            UsageError: The provider has no such model.
        """
        return Model(id=f"{self.name}:{name}", provider=self.name, name=name)

    def pin(self, model: Model) -> Base:
        """What pins the model's content; it enters every key. Uses no network if pinned already.

        By default the model's name: override this where the weights behind a name can change.
        """
        return Base(provider=model.provider, weights=model.name)

    def pin_training(self, model: Model) -> Base:
        """What trainings of a model name it by: `pin`, and what was corrected since older ones."""
        return self.pin(model)

    def pin_eval(self, model: Model, spec: Eval) -> Base:
        """What an eval of the untrained model names it by: `pin`, and what was corrected since."""
        return self.pin(model)

    def pin_adapter(self, model: Model, folder: Path) -> str:
        """The digest of an adapter that was trained elsewhere; it enters the keys of its evals.

        Args:
            model: The base model that it must belong to.
            folder: Its folder.

        Raises:
            DeclarationError: The folder holds no adapter of this model that can be used.
            ProviderError: This provider uses no adapters of others.
        """
        self._refuse("use folders of adapters")

    def inspect_model(self, model: Model) -> ModelReport:
        """What is known of a model without its weights; a plan shows it and refuses what it says.

        It must be quick when it is called again, and never raises.
        """
        return ModelReport()

    def hyperparameters(self, training: Training) -> Any:
        """A frozen attrs object with every value that steers a training; it enters the key.

        Raises:
            DeclarationError: `training` sets a value this provider has no hyperparameter for.
            ProviderError: This provider does not train.
        """
        self._refuse("train models")

    def model_hyperparameters(self, model: Model, training: Training) -> Any:
        """`hyperparameters` for one model, where a default depends on the model.

        Raises:
            DeclarationError: `training` sets a value that does not fit this model.
        """
        return self.hyperparameters(training)

    def resolve_sampling(self, sampling: Sampling) -> Sampling:
        """How answers are sampled here, with what the configuration of the provider adds."""
        return sampling

    def resolve_judge(self, judge: ModelJudge) -> ModelJudge:
        """The judge as it is asked here, with what the configuration of the provider adds."""
        return judge

    def needs_probe(self) -> bool:
        """Whether answers depend on how a server samples, which only a probe can tell."""
        return False

    def expected_probe(self, model: Model) -> Usage | None:
        """What a probe of the server of a model is likely to use; None if it is known already."""
        return None

    def recall_probe(self, model: Model) -> ProbeResult | None:
        """What is known of the server of a model from an earlier probe; asks nothing."""
        return None

    def probe(
        self, model: Model, samplings: Sequence[Sampling], usages: list[Usage], monitor: Monitor
    ) -> ProbeResult | None:
        """Look at the server of a model before anything is sampled; see `mi.providers.probe`.

        Args:
            model: The base model.
            samplings: How answers will be sampled.
            usages: Filled with what the requests cost, also if an error is raised.
            monitor: Raises when the run must stop.

        Returns:
            What was found; None where there is nothing to look at.

        Raises:
            ProbeFailed: The server does not do what it will be asked.
            ProviderError: It does not answer, so nothing is known of it.
        """
        return None

    def notes(self) -> Iterable[str]:
        """Sentences for the summary of a run about what the server did or would not do."""
        return ()

    def check_credentials(self) -> None:
        """Check that everything only the user can supply, such as an API key, is configured.

        Raises:
            MiError: Something is missing.
        """

    def check_service(self, model: Model, monitor: Monitor) -> None:
        """Check with a few short requests that the server does what units will need of it.

        Called once a run, after its cost is approved and before its first unit.

        Args:
            model: The model under test.
            monitor: Raises when the run must stop.

        Raises:
            ProviderError: The server does not; nothing was trained or sampled.
        """

    def close(self) -> None:
        """Close connections."""

    def prepare(self, model: Model, monitor: Monitor) -> None:
        """Download or load what the model needs, once, before it is trained or sampled."""

    def train(self, job: TrainJob, directory: Path, monitor: Monitor) -> TrainingResult:
        """Train in `directory`, resuming what a killed call left there.

        Args:
            job: What to train, on what.
            directory: The unit's working directory; what it holds at the end is published.
            monitor: Receives progress; raises when the run must stop.

        Raises:
            ProviderError: The training failed; `RequestRejected` where a retry would fail alike.
            Interrupted: The user asked to stop; the same call resumes.
        """
        self._refuse("train models")

    def offer_checkpoints(self, hyperparameters: Any, rows: int) -> CheckpointOffer:
        """The steps at which the model of a training can be had, known before it begins.

        A provider that offers some keeps those of `TrainJob.model_steps` while it trains, as
        `mi.providers.checkpoint_models` says.

        Args:
            hyperparameters: From `hyperparameters`.
            rows: Number of training rows.

        Raises:
            ProviderError: It keeps no models of earlier steps, or the steps are not known.
        """
        raise ProviderError(
            f"{self.name} keeps no models of earlier steps of a training",
            hint="declare no checkpoints for this model, or take a `local:` one",
        )

    def replay(
        self,
        job: TrainJob,
        trained: Path,
        directory: Path,
        monitor: Monitor,
    ) -> TrainingResult:
        """Give models of earlier steps of a training that is finished and did not keep them.

        Args:
            job: The training as it was; `model_steps` are the steps.
            trained: The directory of the finished training.
            directory: The replay's working directory. It receives the models, and the final one if
                the training is done again.
            monitor: Receives progress; raises when the run must stop.

        Raises:
            ProviderError: They cannot be had.
            Interrupted: The user asked to stop; the same call resumes.
        """
        self._refuse("replay trainings")

    def sample(
        self,
        subject: ModelUnderTest,
        requests: Sequence[SampleRequest],
        sampling: Sampling,
        directory: Path,
        monitor: Monitor,
    ) -> Iterator[Sequence[Answer]]:
        """Sample answers, a batch at a time.

        Args:
            subject: The model that answers.
            requests: One for each answer; requests for one question stand together.
            sampling: Temperature and the like. The caller has put `sampling.system` into the chats.
            directory: Where a provider keeps what a repeated call must find.
            monitor: Raises when the run must stop.

        Raises:
            ProviderError: An answer cannot be obtained.
        """
        self._refuse("sample models")

    def grade(
        self, judge: ModelJudge, requests: Sequence[GradeRequest], directory: Path, monitor: Monitor
    ) -> Iterator[Sequence[Grade]]:
        """Let a judge model, served by this provider, grade answers, a batch at a time.

        Args:
            judge: The judge model and how it is asked.
            requests: One for each answer and rubric.
            directory: Where a provider keeps what a repeated call must find.
            monitor: Raises when the run must stop.

        Raises:
            ProviderError: A grade cannot be obtained.
        """
        self._refuse("judge answers")

    def score(
        self, subject: ModelUnderTest, requests: Sequence[ScoreRequest], monitor: Monitor
    ) -> Iterator[Sequence[Likelihood]]:
        """Score how likely the model finds given answers, a batch at a time.

        Args:
            subject: The model that scores.
            requests: A chat and its candidate answers each.
            monitor: Raises when the run must stop.

        Raises:
            ProviderError: A likelihood cannot be obtained.
        """
        self._refuse("score given answers")

    def remote_job(self, directory: Path, monitor: Monitor) -> RemoteJob | None:
        """The remote job launched for the unit worked on in `directory`, if there is one."""
        return None

    def cancel(self, directory: Path, monitor: Monitor) -> RemoteJob | None:
        """Cancel that job. Returns its state afterwards, or None without a job."""
        return None

    def checks(self, models: Sequence[Model], monitor: Monitor) -> Iterator[Check]:
        """Check everything this provider needs to serve these models, for `mi doctor`."""
        return iter(())

    def _refuse(self, action: str) -> NoReturn:
        raise ProviderError(f"{self.name} does not {action}")
