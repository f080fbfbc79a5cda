"""Looking at work under way, ending it, and stopping a run: nothing is lost, nothing done twice."""

from __future__ import annotations

import json
import signal
import time
from typing import Any

import pytest

from tests.support.background import begin, until
from tests.support.fake_openai import Loopback
from tests.support.hosted import HOSTED, MODEL, declare_few, loopback, mi, run
from tests.support.project import Done, Project

CHEAP = ("--judge", "none")


def said(done: Done) -> str:
    text = done.out + done.err
    assert "Traceback" not in text
    return text


def units(project: Project, server: Loopback, *more: str, **environment: str) -> list[Any]:
    """What `mi status --json` says, without the units that need nobody elsewhere."""
    done = mi(project, server, "status", *more, "--json", **environment)
    assert done.code == 0, said(done)
    return [unit for unit in done.json if unit["kind"] != "mix"]


def states(project: Project, server: Loopback, kind: str, *more: str) -> set[str]:
    return {unit["state"] for unit in units(project, server, *more) if unit["kind"] == kind}


def launched(project: Project, jobs: int) -> bool:
    """Whether so many jobs are written down here."""
    logs = project.root.glob(".mi/work/train-*/launch.jsonl")
    return sum('"event": "created"' in log.read_text() for log in logs) == jobs


@pytest.mark.slow
def test_status_tells_each_unit_before_during_and_after_a_run(project: Project) -> None:
    declare_few(project)
    with loopback(train_seconds=12) as server:
        named = ("S1", *HOSTED, *CHEAP)
        assert states(project, server, "train", *named) == {"to do"}
        never = mi(project, server, "status")
        assert never.code == 4
        assert "nothing was run here yet" in never.err
        going = begin(project, server, *CHEAP)
        until(lambda: launched(project, 2))
        seen = [unit for unit in units(project, server, "S1") if unit["kind"] == "train"]
        assert {unit["state"] for unit in seen} == {"at work"}
        assert {unit["detail"].split()[0] for unit in seen} == {j.id for j in server.books.jobs}
        assert all(unit["elapsed"] < 60 for unit in seen)
        table = mi(project, server, "status")
        assert server.books.jobs[0].id in table.out
        assert MODEL in table.out
        out, _ = going.communicate(timeout=60)
        assert going.returncode == 0, out
        after = units(project, server)
        assert {unit["state"] for unit in after} == {"done"}
        assert {unit["loss"] is None for unit in after if unit["kind"] == "train"} == {False}
        total = sum(unit["cost_usd"] for unit in after)
        assert abs(total - server.books.bill_usd) < 1e-9
        calls = server.books.calls
        assert {unit["state"] for unit in units(project, server, "S1")} == {"done"}
        assert server.books.calls == calls, "what is done needs no asking"


def test_status_without_a_key_or_a_server_tells_what_is_known_here(project: Project) -> None:
    declare_few(project)
    with loopback(train_seconds=30) as server:
        going = begin(project, server, *CHEAP)
        until(lambda: launched(project, 2))
        going.kill()
        going.communicate()
        assert states(project, server, "train") == {"at the provider"}
        known = units(project, server, OPENAI_API_KEY="")
        blind = [unit for unit in known if unit["kind"] == "train"]
        assert {unit["state"] for unit in blind} == {"to do"}
        assert {unit["detail"] for unit in blind} == {"begun"}


@pytest.mark.slow
def test_a_cancelled_job_is_launched_again_only_when_asked(project: Project) -> None:
    declare_few(project)
    with loopback(train_seconds=30) as server:
        going = begin(project, server, *CHEAP)
        until(lambda: launched(project, 2))
        unsure = mi(project, server, "cancel", "S1", *HOSTED)
        assert unsure.code == 4
        assert "--yes cancels without confirmation" in unsure.err
        assert not server.books.failed_jobs
        done = mi(project, server, "cancel", "S1", *HOSTED, "--yes")
        assert done.code == 0, said(done)
        assert "2 jobs cancelled" in done.out
        assert [job.status for job in server.books.failed_jobs] == ["cancelled", "cancelled"]
        out, _ = going.communicate(timeout=30)
        assert going.returncode == 1, out
        plain = run(project, server, *CHEAP)
        assert plain.code == 1
        assert "--retry-failed does" in plain.out
        assert len(server.books.jobs) == 2
        server.train_seconds = 0.3
        again = run(project, server, *CHEAP, "--retry-failed")
        assert again.code == 0, said(again)
        assert len(server.books.jobs) == 4


@pytest.mark.slow
def test_a_job_nobody_follows_is_cancelled_too_and_can_be_launched_again(project: Project) -> None:
    declare_few(project)
    with loopback(train_seconds=30) as server:
        going = begin(project, server, *CHEAP)
        until(lambda: launched(project, 2))
        going.kill()
        going.communicate()
        log = min(project.root.glob(".mi/work/train-*/launch.jsonl"))
        lines = [line for line in log.read_text().splitlines() if '"intent"' in line]
        log.write_text(lines[-1] + "\n")  # killed before the job's id was written down
        done = mi(project, server, "cancel", "S1", *HOSTED, "--yes")
        assert done.code == 0, said(done)
        assert "2 jobs cancelled" in done.out
        assert len(server.books.failed_jobs) == 2
        assert states(project, server, "train", "S1") == {"failed"}
        server.train_seconds = 0.3
        again = run(project, server, *CHEAP, "--retry-failed")
        assert again.code == 0, said(again)
        assert len(server.books.jobs) == 4


def test_there_is_nothing_to_cancel_where_nothing_runs(project: Project) -> None:
    declare_few(project)
    with loopback() as server:
        done = mi(project, server, "cancel", "S1", *HOSTED, "--yes")
        assert done.code == 0, said(done)
        assert "0 jobs cancelled" in done.out
        here = mi(project, server, "cancel", "S1", "--yes")
        assert here.code == 4
        assert "runs on this machine" in here.err


def checks(project: Project, server: Loopback, **environment: str) -> tuple[int, dict[str, Any]]:
    """The exit code of `mi doctor`, and what it looked at."""
    words = ("doctor", "--model", f"openai:{MODEL}", "--json")
    done = mi(project, server, *words, **environment)
    assert "Traceback" not in done.err
    return done.code, {
        check["what"].partition(": ")[2] or check["what"]: check for check in done.json
    }


def test_the_doctor_looks_at_the_key_the_model_and_fine_tuning(project: Project) -> None:
    declare_few(project)
    with loopback() as server:
        code, found = checks(project, server)
        assert code == 0, found
        assert "shuts down on 2027-01-14" in found[MODEL]["detail"]
        assert found["fine-tuning"]["ok"]
        assert not server.books.jobs
        assert server.keys[0] not in json.dumps(found)
        bad, wrong = checks(project, server, OPENAI_API_KEY="sk-not-the-right-one")
        assert bad == 1
        assert any("Incorrect API key" in check["detail"] for check in wrong.values())
        assert "sk-not-the-right-one" not in json.dumps(wrong)
        none, missing = checks(project, server, OPENAI_API_KEY="")
        assert none == 1
        assert any("OPENAI_API_KEY" in check["hint"] for check in missing.values())
        local = mi(project, server, "doctor", OPENAI_API_KEY="")
        assert local.code == 0, said(local)


@pytest.mark.slow
def test_the_first_interrupt_leaves_the_job_running_and_the_next_run_adopts_it(
    project: Project,
) -> None:
    declare_few(project)
    with loopback(train_seconds=25) as server:
        going = begin(project, server, *CHEAP)
        until(lambda: launched(project, 2))
        began = time.monotonic()
        going.send_signal(signal.SIGINT)
        out, _ = going.communicate(timeout=30)
        assert time.monotonic() - began < 20, "it waited for the job"
        assert going.returncode == 2, out
        assert "launched jobs continue at the provider" in out
        assert "`mi cancel` ends them" in out
        assert "the same command continues from here" in out
        assert not server.books.failed_jobs
        server.train_seconds = 0.3
        done = run(project, server, *CHEAP)
        assert done.code == 0, said(done)
        assert sorted(server.books.trainings.values()) == [1, 1]
        assert len(server.books.jobs) == 2


@pytest.mark.slow
def test_an_interrupt_while_a_file_is_processed_is_no_failure(project: Project) -> None:
    declare_few(project)
    with loopback(uploads_seconds=3) as server:
        going = begin(project, server, *CHEAP)
        until(lambda: len(server.books.uploads) == 2)
        time.sleep(0.3)
        going.send_signal(signal.SIGINT)
        out, _ = going.communicate(timeout=30)
        assert going.returncode == 2, out
        assert "failed" not in out
        done = run(project, server, *CHEAP)
        assert done.code == 0, said(done)
        assert len(server.books.uploads) == 2, "a content was uploaded twice"


def test_the_second_interrupt_leaves_at_once(project: Project) -> None:
    declare_few(project)
    with loopback(train_seconds=3, latency=15.0) as server:
        going = begin(project, server, *CHEAP)
        until(lambda: server.books.in_flight)
        going.send_signal(signal.SIGINT)
        time.sleep(0.2)
        began = time.monotonic()
        going.send_signal(signal.SIGINT)
        out, _ = going.communicate(timeout=30)
        assert time.monotonic() - began < 10, "it waited for an answer"
        assert going.returncode == 2, out
        assert "interrupted; everything saved so far is kept" in out
        assert "Traceback" not in out
