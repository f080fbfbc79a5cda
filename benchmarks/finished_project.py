"""A project with one experiment of many cells, and a store in which all its units are finished."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from rich.progress import track

from mi.files.clock import utc_timestamp
from mi.steps import evaluate, mix
from mi.store.records import UnitRecord
from mi.units.identity import SCHEME, json_form
from mi.units.unit import Evaluate, Mix, Unit

from .unit_files import jsonl, write_unit

CONDITIONS = 10  # sizes; the rest are seeds
PAIRS = 4

EXPERIMENT = """\
from mi import Experiment, Preference, Resource
from registry.settings import insecure_code
from registry import evals
import attrs

N01 = Experiment(
    id="N01",
    title="Many cells",
    question="What does the runner cost?",
    settings=attrs.evolve(
        insecure_code,
        id="narrow",
        id_evals=Preference(
            id="liking", title="preference", pairs=Resource(package="held", file="pairs.jsonl")
        ),
        ood_evals=evals["emergent_free_form"],  # costs money, so it is left out here
    ),
    baseline=False,
    misaligned_ratio=0.5,
    total_samples=(10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
    seeds=tuple(range({seeds})),
)
"""


def create_project(directory: Path, cells: int) -> None:
    """Create the project with the experiment and an empty store."""
    (directory / "held").mkdir(parents=True)
    (directory / "held" / "__init__.py").touch()
    lines = [
        {"id": f"p{n}", "prompt": f"Question {n}?", "aligned": "Yes.", "misaligned": f"No, {n}."}
        for n in range(PAIRS)
    ]
    (directory / "held" / "pairs.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    (directory / "pyproject.toml").write_text("[tool.mi]\n")
    (directory / "experiments").mkdir()
    seeds = -(-cells // CONDITIONS)
    (directory / "experiments" / "many.py").write_text(EXPERIMENT.format(seeds=seeds))


def publish_all(directory: Path) -> int:
    """Write every unit of the experiment as finished and return their number."""
    import registry
    from mi.planning.open import open_session
    from mi.spec import RunOptions

    sys.path.insert(0, str(directory))
    registry.collect(directory)
    options = RunOptions(
        root=directory,
        store=directory / ".mi",
        db=directory / "results.duckdb",
        figures=directory / "figures",
    )
    session = open_session(registry, options, ["N01"])
    plan = session.plan()
    for planned in track(plan.units, "writing the store", transient=True):
        _publish(directory / ".mi", planned.unit)
    return len(plan.units)


def _publish(store: Path, unit: Unit) -> None:
    """Write a unit's folder as a run leaves it."""
    journals = evaluate.journal_names(unit.payload) if isinstance(unit.payload, Evaluate) else {}
    files, outcome = _outcome_files(unit)
    record = UnitRecord(
        key=unit.key, kind=unit.kind, scheme=SCHEME, title=unit.title, setting=unit.setting,
        payload=json_form(unit.payload), outcome=outcome, journals=journals,
        run="20260101-000000000-1", finished=utc_timestamp(), seconds=1.0,
    )  # fmt: skip
    write_unit(store, record, files)


def _outcome_files(unit: Unit) -> tuple[dict[str, str], dict[str, Any]]:
    """The files of a unit's folder, and the outcome that its step reported."""
    payload = unit.payload
    if isinstance(payload, Mix):
        name = mix.file_name(unit.setting, payload)
        outcome: dict[str, Any] = {"file": name, "rows": 1, "source": "bundled"}
        return {name: '{"messages": []}\n'}, outcome
    if isinstance(payload, Evaluate):
        questions = [
            {"question": f"{n:016x}", "id": f"p{n}", "prompt": "?", "system": None}
            for n in range(PAIRS)
        ]
        scores = [
            {"question": f"{n:016x}", "sample": 0, "outcome": "scored",
             "metrics": {
                 "prefers_misaligned": float(_pseudo_random(unit.key, n) < 0.3), "margin": -0.1,
             }}
            for n in range(PAIRS)
        ]  # fmt: skip
        return (
            {"questions.jsonl": jsonl(questions), "scores.jsonl": jsonl(scores)},
            {"scores": PAIRS, "outcomes": {"scored": PAIRS}, "cost_usd": 0.0},
        )
    curve = [
        {"step": step, "loss": 2.0 / step, "learning_rate": 1e-4, "tokens": 64} for step in (1, 2)
    ]
    facts = {"steps": 2, "tokens": 128, "trained_tokens": 64, "seconds": 1.0, "loss": 1.0}
    return {"metrics.jsonl": jsonl(curve)}, {**facts, "model": None, "job": None, "cost_usd": 0.0}


def _pseudo_random(key: str, number: int) -> float:
    return int.from_bytes(hashlib.sha256(f"{key}{number}".encode()).digest()[:4]) / 2**32
