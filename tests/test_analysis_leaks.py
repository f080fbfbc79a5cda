"""Leaks: matched differences between a context and plain questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from mi.analysis.analyse import analyse
from mi.analysis.evidence import ResultScope, load_evidence
from mi.analysis.leaks import load_leaks
from mi.database import Database, sync_database
from mi.spec import Context
from tests.support.engine import run_experiment
from tests.support.fake_provider import Books

CODE, BARE = Context("code", suffix="\nAnswer with code."), Context("bare")


def test_a_leak_is_the_difference_between_the_contexts_of_one_condition(tmp_path: Path) -> None:
    opened, result = run_experiment(
        tmp_path, Books(), total_samples=10, contexts=(CODE, BARE), pilot=None
    )
    assert not result.failures
    database = Database(opened.options.db)
    sync_database(database, opened.store)
    experiments = [selected.experiment for selected in opened.selection]
    (spec,) = experiments
    with database.read_connection() as connection:
        scope = ResultScope(
            experiments=(spec.id,),
            model=opened.model.id,
            data={setting.id: "bundled" for setting in spec.settings},
        )
        finals = load_evidence(connection, scope)
        leaks = load_leaks(connection, scope, finals)
        means = {
            tuple(key): mean
            for *key, mean in connection.execute(
                "SELECT condition, eval, context, avg(mean) FROM measurements WHERE headline "
                "GROUP BY ALL"
            ).fetchall()
        }
        findings = analyse(connection, experiments, scope).experiments[0].findings
    assert {leak.context for leak in leaks} == {"code"}  # bare is plain
    conditions = {condition for condition, _, _ in means}
    evals = {eval_id for _, eval_id, _ in means}
    assert len(leaks) == len(conditions) * len(evals)
    for leak in leaks:
        place = leak.evidence.conditions[0].name, leak.evidence.eval
        expected = means[*place, "code"] - means[*place, "plain"]
        assert leak.difference.estimate.value == pytest.approx(expected, abs=0.02)
    told = [finding for finding in findings if finding.question == "leak in the context code"]
    assert len(told) == len(leaks)
