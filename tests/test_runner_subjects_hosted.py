"""A hosted model that exists already is probed and booked at its own price, and never trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.hosted import HOSTED, PRICES, declare_few, loopback, mi, run
from tests.support.project import Project

TUNED = "gpt-4o-mini-2024-07-18"


def test_a_hosted_subject_is_probed_and_booked_at_its_own_price(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MI_PROBES", str(tmp_path / "probes"))
    declare_few(project, static=False)
    file = project.root / "experiments" / "small.py"
    subject = f'subjects=Subject(name="tuned", model="openai:{TUNED}"),\n    seeds=0'
    text = file.read_text().replace("Experiment, Resource", "Experiment, Resource, Subject")
    file.write_text(text.replace("seeds=0", subject))
    with loopback(probed=False, prices={**PRICES, TUNED: (0.15, 0.60, 3.0)}) as server:
        done = run(project, server, "-k", "baseline or tuned")
        assert done.code == 0, done.out + done.err
        assert f"openai:{TUNED} · probed with" in done.out
        query = "SELECT sum(cost_usd) AS usd FROM spend"
        [spend] = project.mi("sql", query, "--format", "json").json
        assert spend["usd"] == pytest.approx(server.books.bill_usd)
        query = "SELECT DISTINCT condition, answered_by FROM answers ORDER BY condition"
        rows = project.mi("sql", query, "--format", "json").json
        assert {row["condition"] for row in rows} == {"baseline", "tuned"}
        assert len({row["answered_by"] for row in rows}) == 2
        calls = server.books.calls
        assert run(project, server, "-k", "baseline or tuned").code == 0
        assert server.books.calls == calls
        assert "tuned" in mi(project, server, "plan", "S1", *HOSTED).out
