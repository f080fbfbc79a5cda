"""Checkpoints at the hosted service: those that a job kept, found also when it is long finished."""

from __future__ import annotations

import pytest

from mi.errors import ProviderError, RequestRejected
from mi.providers.openai import Supervised
from mi.providers.openai.checkpoints import checkpoint_names, offer_checkpoints, require_steps
from tests.support.hosted import HOSTED, declare, loopback, mi
from tests.support.project import Done, Project

THREE_EPOCHS = ("--set", "training.epochs=3", "--set", "training.batch_size=5")


def run(project: Project, server: object, *words: str) -> Done:
    return mi(project, server, "run", "S1", *HOSTED, "--max-cost", "50", *THREE_EPOCHS, *words)  # type: ignore[arg-type]


def test_the_last_three_epochs_are_offered() -> None:
    offer = offer_checkpoints(Supervised(epochs=5, batch_size=8), 100, "openai")
    assert offer.total == 65
    assert offer.steps == (39, 52, 65)


def test_an_automatic_batch_size_is_refused_with_what_to_state() -> None:
    with pytest.raises(ProviderError, match="chooses the batch size") as error:
        offer_checkpoints(Supervised(epochs=3), 100, "openai")
    assert "batch_size=" in str(error.value.hint)


def test_a_step_that_the_job_lacks_is_refused_with_those_it_has() -> None:
    listed = [
        {"step_number": 2, "fine_tuned_model_checkpoint": "ft:m:ckpt-step-2"},
        {"step_number": 4, "fine_tuned_model_checkpoint": "ft:m"},
        {"step_number": None, "fine_tuned_model_checkpoint": "ft:odd"},
    ]
    names = checkpoint_names(listed, "ft:m")
    assert names == {2: "ft:m:ckpt-step-2"}
    with pytest.raises(RequestRejected, match=r"ftjob-1 has no model of step 3: .* lists 2"):
        require_steps(names, (2, 3), "ftjob-1")


def test_checkpoints_added_to_a_finished_job_train_nothing(project: Project) -> None:
    declare(project, totals=10)
    with loopback() as server:
        assert run(project, server).code == 0
        done = run(project, server, "--set", "checkpoints=0.3333,0.6667")
        assert done.code == 0, done.out + done.err
        assert "evaluated" in done.out
        assert sum(server.books.trainings.values()) == 1
        rows = project.mi(
            "sql",
            "SELECT DISTINCT step, steps FROM measurements WHERE seed = 0 ORDER BY step",
            "--format",
            "json",
        ).json
        assert [row["step"] for row in rows] == [2, 4, 6]
        again = run(project, server, "--set", "checkpoints=0.3333,0.6667")
        assert "replayed" not in again.out
        assert "evaluated" not in again.out


def test_a_step_that_the_service_will_not_keep_is_refused_before_money_is_spent(
    project: Project,
) -> None:
    declare(project, totals=10)
    with loopback() as server:
        done = run(project, server, "--set", "checkpoints=0.5")
        assert done.code == 4
        assert "keeps no model of step 3" in done.err
        assert "$.checkpoints" in done.err
        assert not server.books.calls
