"""A project with one experiment of many cells, and a store in which all of it is done."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from rich.progress import track

from mi.steps import evaluate, mix
from mi.store.provenance import utc_timestamp
from mi.store.records import UnitRecord
from mi.units.identity import SCHEME, json_form
from mi.units.unit import Evaluate, Mix, Unit

from .placed import lines, put

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


def project(folder: Path, cells: int) -> None:
    """A project with the experiment, and nothing done."""
    (folder / "held").mkdir(parents=True)
    (folder / "held" / "__init__.py").touch()
    lines = [
        {"id": f"p{n}", "prompt": f"Question {n}?", "aligned": "Yes.", "misaligned": f"No, {n}."}
        for n in range(PAIRS)
    ]
    (folder / "held" / "pairs.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    (folder / "pyproject.toml").write_text("[tool.mi]\n")
    (folder / "experiments").mkdir()
    seeds = -(-cells // CONDITIONS)
    (folder / "experiments" / "many.py").write_text(EXPERIMENT.format(seeds=seeds))


def fill(folder: Path) -> int:
    """Write every unit of the experiment as done; how many there are."""
    import registry
    from mi.planning.open import open_session
    from mi.spec import RunOptions

    sys.path.insert(0, str(folder))
    registry.collect(folder)
    options = RunOptions(
        root=folder, store=folder / ".mi", db=folder / "results.duckdb", figures=folder / "figures"
    )
    opened = open_session(registry, options, ["N01"])
    made = opened.plan()
    for planned in track(made.units, "writing the store", transient=True):
        _publish(folder / ".mi", planned.unit)
    return len(made.units)


def _publish(store: Path, unit: Unit) -> None:
    """A unit's folder as a run leaves it."""
    journals = evaluate.journal_names(unit.payload) if isinstance(unit.payload, Evaluate) else {}
    files, outcome = _made(unit)
    record = UnitRecord(
        key=unit.key, kind=unit.kind, scheme=SCHEME, title=unit.title, setting=unit.setting,
        payload=json_form(unit.payload), outcome=outcome, journals=journals,
        run="20260101-000000000-1", finished=utc_timestamp(), seconds=1.0,
    )  # fmt: skip
    put(store, record, files)


def _made(unit: Unit) -> tuple[dict[str, str], dict[str, Any]]:
    """What stands in a unit's folder, and what its step reported."""
    payload = unit.payload
    if isinstance(payload, Mix):
        name = mix.file_name(unit.setting, payload)
        outcome: dict[str, Any] = {"file": name, "rows": 1, "source": "bundled"}
        return {name: '{"messages": []}\n'}, outcome
    if isinstance(payload, Evaluate):
        asked = [
            {"question": f"{n:016x}", "id": f"p{n}", "prompt": "?", "system": None}
            for n in range(PAIRS)
        ]
        scores = [
            {"question": f"{n:016x}", "sample": 0, "outcome": "scored",
             "metrics": {"prefers_misaligned": float(_draw(unit.key, n) < 0.3), "margin": -0.1}}
            for n in range(PAIRS)
        ]  # fmt: skip
        return (
            {"questions.jsonl": lines(asked), "scores.jsonl": lines(scores)},
            {"scores": PAIRS, "outcomes": {"scored": PAIRS}, "cost_usd": 0.0},
        )
    curve = [
        {"step": step, "loss": 2.0 / step, "learning_rate": 1e-4, "tokens": 64} for step in (1, 2)
    ]
    facts = {"steps": 2, "tokens": 128, "trained_tokens": 64, "seconds": 1.0, "loss": 1.0}
    return {"metrics.jsonl": lines(curve)}, {**facts, "model": None, "job": None, "cost_usd": 0.0}


def _draw(key: str, number: int) -> float:
    return int.from_bytes(hashlib.sha256(f"{key}{number}".encode()).digest()[:4]) / 2**32
