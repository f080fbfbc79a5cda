"""What is lost, refused or broken on the way, at any call: the run ends well, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.slow import mostly_slow
from tests.support.tinker_runs import PENDING_SAVE, PLANNED, RESUME, TRAIN, assert_balanced

pytest.importorskip("tinker")

from tests.support.fake_tinker import Fake, Fault, Proxy
from tests.support.fake_tinker.proxy import Kind
from tests.support.kill import forked
from tests.support.project import Done, Project
from tests.support.tinker_project import WORDS, declare, make_tiny_model, point, run

LOST = (
    "create_session",
    "training_runs",
    "create_model",
    "forward_backward",
    "optim_step",
    "save_weights",
    "save_weights_for_sampler",
    "create_sampling_session",
    "asample",
    "retrieve_future",
)
# The SDK waits for 45 s where a result is asked for and never comes, whatever it is told.
WHERE: dict[Kind, tuple[str, ...]] = {
    "drop": LOST,
    "limited": LOST[::2],
    "broken": LOST[1::2],
    "hang": ("create_model", "forward_backward", "save_weights", "asample"),
}
FAULTS = [Fault(path, kind) for kind, paths in WHERE.items() for path in paths]
KINDS: tuple[Kind, ...] = ("drop", "limited", "broken")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def said(done: Done) -> str:
    text = done.out + done.err
    assert "Traceback" not in text
    return text


def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost answers are given up soon."""
    monkeypatch.setattr(RESUME, "PENDING_SAVE_SECONDS", 1.0)
    monkeypatch.setattr(PENDING_SAVE, "LIST_INTERVAL", 0.5)
    monkeypatch.setattr(PENDING_SAVE, "SAVE_GRACE", 1.0)


@pytest.mark.parametrize("fault", mostly_slow(FAULTS, every=8), ids=str)
def test_a_fault_on_the_way_costs_time_only(
    project: Project, tiny: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty(monkeypatch)
    with Fake(keeps=False) as fake, Proxy(fake.url, fault) as proxy:
        declare(project, proxy.url, tiny)
        code = forked(project.root, [*WORDS], {})
        assert code == 0, (project.root / "log.txt").read_text()
        assert proxy.struck == [fault.kind]
        assert_balanced(project, fake)
        taken = [run.taken for run in fake.runs.values() if run.taken]
        assert sum(taken) == 2 * PLANNED, "a step was taken twice"


@pytest.mark.parametrize("batch", mostly_slow([1, 2, 4, 6], every=4))
def test_a_step_that_failed_at_the_server_is_in_no_model(
    project: Project, tiny: Path, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty(monkeypatch)
    monkeypatch.setattr(TRAIN, "SAVE_INTERVAL", 0.0)
    with Fake(fails=batch) as fake:
        declare(project, fake.url, tiny)
        words = [*WORDS, "--kind", "train"]
        assert forked(project.root, words, {}) == 1
        assert forked(project.root, words, {}) == 0, (project.root / "log.txt").read_text()
        assert_balanced(project, fake)
        assert not [name for _, name in fake.bad if name.endswith("final")]


@pytest.mark.slow
def test_many_faults_at_once_cost_time_only(
    project: Project, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty(monkeypatch)
    faults = [Fault(path, kind, 2 + at) for path in LOST for at, kind in enumerate(KINDS)]
    with Fake() as fake, Proxy(fake.url, *faults) as proxy:
        declare(project, proxy.url, tiny)
        code = forked(project.root, [*WORDS], {})
        assert code == 0, (project.root / "log.txt").read_text()
        assert len(proxy.struck) > 12
        assert_balanced(project, fake)


def test_a_server_that_tells_no_logprobs_is_told_and_left_out_when_it_is_said(
    project: Project, tiny: Path
) -> None:
    with Fake(scores=False) as fake:
        declare(project, fake.url, tiny)
        done = run(project)
        assert done.code == 1
        assert "does not give log-probabilities of given tokens" in said(done)
        assert "`logprobs = false`" in said(done)
        config = project.root / "pyproject.toml"
        config.write_text(config.read_text() + "logprobs = false\n")
        again = run(project)
        assert again.code == 0, said(again)
        assert "left out: insecure_code insecure_preference (lab offers no logprob)" in again.out
        assert sorted(fake.finished().values()) == [1, 1]


@pytest.mark.slow
def test_a_server_without_room_is_waited_for(
    project: Project, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Fake(room=1, seconds=0.2) as fake:
        declare(project, fake.url, tiny)
        done = run(project, "--kind", "train")
        assert done.code == 0, said(done)
        assert sorted(fake.finished().values()) == [1, 1]


@pytest.mark.slow
def test_a_run_that_a_refused_create_made_is_unloaded_before_another_is_created(
    project: Project, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would take up the only slot for as long as the session lasts."""
    monkeypatch.setattr("mi.providers.tinker.backoff.sleep", lambda seconds, monitor: None)
    with Fake(room=1) as fake, Proxy(fake.url, Fault("create_model", "denied")) as proxy:
        declare(project, proxy.url, tiny)
        code = forked(project.root, [*WORDS, "--kind", "train"], {})
        assert code == 0, (project.root / "log.txt").read_text()
        assert proxy.struck == ["denied"]
        assert len(fake.runs) == 3
        assert sorted(fake.finished().values()) == [1, 1]
        assert sum(run.taken for run in fake.runs.values()) == 2 * PLANNED


def test_a_model_that_is_not_served_is_refused_and_not_tried_again(
    project: Project, tiny: Path
) -> None:
    with Fake() as fake:
        declare(project, fake.url, tiny, base="giant")
        done = run(project)
        assert done.code == 1
        assert "no such model: giant" in said(done)
        asked = len(fake.results)
        assert "--retry-failed does" in said(run(project))
        assert len(fake.results) == asked


@pytest.mark.slow
def test_where_nobody_answers_it_is_said_soon(project: Project, tiny: Path) -> None:
    declare(project, "http://127.0.0.1:9", tiny)
    done = run(project, "--kind", "train")
    assert done.code == 1
    assert "no server answers at http://127.0.0.1:9" in said(done)


@pytest.mark.slow
def test_a_training_stopped_by_the_user_goes_on_from_where_it_stopped(
    project: Project, tiny: Path
) -> None:
    import signal
    import subprocess

    from tests.support.background import until

    with Fake(seconds=0.5) as fake:
        declare(project, fake.url, tiny)
        words = project.command(*WORDS, "--kind", "train")
        first = subprocess.Popen(
            words, cwd=project.root, env=project.environment(), stdout=subprocess.DEVNULL
        )
        until(lambda: any(one.steps >= 2 for one in fake.runs.values()))
        first.send_signal(signal.SIGINT)
        assert first.wait(60) == 2
        done = run(project)
        assert done.code == 0, said(done)
        assert_balanced(project, fake)
        assert sum(one.taken for one in fake.runs.values()) == 2 * PLANNED


def test_a_key_is_never_shown(
    project: Project, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "tml-0123456789abcdef"
    monkeypatch.setenv("LAB_KEY", key)
    with Fake() as fake, Proxy(fake.url, Fault("create_model", "broken")) as proxy:
        declare(project, proxy.url, tiny, base="giant")
        config = project.root / "pyproject.toml"
        config.write_text(config.read_text() + 'key_env = "LAB_KEY"\n')
        done = run(project, "-v")
        point(project, fake.url, tiny)
        run(project, "--retry-failed")
    assert key not in said(done)
    for path in project.root.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path
