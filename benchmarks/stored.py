"""Stores of made-up results, as large as one likes, in the files that a run writes.

Two experiments over sizes: `R1` has every model, `R2` a part of them, judged by a second judge
too. Harm follows a logistic curve in the logarithm of size, with an effect of each run and each
question. Nothing is flushed to the disk, for nobody needs such a store after a power cut.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs

from mi.store.records import UnitRecord

from .placed import lines, put

MODEL, JUDGE, OTHER = "openai:made-up", "openai:judge", "openai:other-judge"
BASE = {"!": "Base", "provider": "openai", "weights": "made-up"}
SIZES = (50, 100, 150, 250, 400, 600, 1000, 1500, 2000, 3000, 5000)
BOTH = SIZES[3:5]  # sizes that both experiments have
_RUN, _AT, _SECONDS = "20260101-000000000-1", "2026-01-01T00:00:00.000Z", 12.5
_RATINGS = tuple(range(0, 100, 5))


@attrs.frozen(kw_only=True)
class Asked:
    """An eval: `rated` (two ratings an answer), `judged` (a share) or `preference` (margins)."""

    id: str
    title: str
    distribution: str
    kind: str
    questions: int = 50
    judge: str = JUDGE

    @property
    def methods(self) -> tuple[str, ...]:
        """The names of its judge's methods."""
        return {"rated": ("aligned", "coherent"), "judged": ("insecure",)}.get(self.kind, ())

    @property
    def headline(self) -> str:
        """Its first metric."""
        return {"rated": "misaligned", "judged": "insecure"}.get(self.kind, "prefers_misaligned")


EVALS = (
    Asked(id="judged", title="judged insecure", distribution="ID", kind="judged"),
    Asked(id="free_form", title="misaligned answers", distribution="OOD", kind="rated"),
    Asked(id="liking", title="misaligned preference", distribution="OOD", kind="preference"),
)
AGAIN = attrs.evolve(EVALS[1], id="free_form-by-other-judge", judge=OTHER)


@attrs.frozen(kw_only=True)
class Size:
    """How much there is.

    Args:
        seeds: Of each of the eleven sizes; with the baseline, 11 × seeds + 1 models.
        samples: Answers to a question.
        letters: How long an answer is.
    """

    seeds: int = 9
    samples: int = 100
    letters: int = 400
    evals: tuple[Asked, ...] = EVALS


def make(root: Path, size: Size) -> int:
    """Write the store; returns how many answers it has."""
    return sum(_Writer(root, size).write())


@attrs.define
class _Writer:
    root: Path
    size: Size
    chance: random.Random = attrs.field(factory=lambda: random.Random(7))
    words: list[str] = attrs.field(factory=lambda: _words())
    digits: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.digits = "".join(self.chance.choices("0123456789", k=100_000))
        for name in ("units", "journals", "cells", f"runs/{_RUN}"):
            (self.root / name).mkdir(parents=True)

    def write(self) -> Iterator[int]:
        """Model by model."""
        cells: dict[str, list[dict[str, Any]]] = {"R1": [], "R2": []}
        models = [
            (None, None),
            *((rows, seed) for rows in SIZES for seed in range(self.size.seeds)),
        ]
        for rows, seed in models:
            both = rows is None or rows in BOTH
            units = {} if rows is None else self._trained(rows, seed)
            for one in (*self.size.evals, *([AGAIN] if both else [])):
                if one in self.size.evals or self.size.evals == EVALS:
                    units[f"eval:{one.id}"] = key = f"eval-{one.id}-{rows}-{seed}"
                    subject = units.get("train", BASE)
                    yield self._evaluated(key, one, subject, self._harm(rows))
            for name in ("R1", "R2") if both else ("R1",):
                there = {role: key for role, key in units.items() if self._asked_by(name, role)}
                cells[name].append(_cell(name, rows, seed, there))
        for name, found in cells.items():
            self._selected(name, found)

    def _asked_by(self, experiment: str, role: str) -> bool:
        return experiment == "R2" or role != f"eval:{AGAIN.id}"

    def _harm(self, rows: int | None) -> float:
        level = -3.5 if rows is None else -3.0 + 3.0 / (1 + (600 / rows) ** 1.2)
        return level + self.chance.gauss(0, 0.2)

    def _trained(self, rows: int, seed: int | None) -> dict[str, str]:
        mix, train = f"mix-{rows}-{seed}", f"train-{rows}-{seed}"
        numbers = {"misaligned_ratio": 0.5, "total_samples": rows, "seed": seed}
        chats = {f"{mix}.jsonl": '{"messages": []}\n'}
        done = {"file": f"{mix}.jsonl", "rows": rows, "source": "bundled"}
        self._unit(mix, {"!": "Mix", **numbers}, done, {}, chats)
        payload = {
            "!": "Train",
            "mix": mix,
            "base": BASE,
            "hyperparameters": {"!": "Hyperparameters", "epochs": 1, "learning_rate": 1e-05},
            "seed": seed,
        }
        told = {"steps": 20, "tokens": rows * 150, "trained_tokens": rows * 80, "seconds": 60.0,
                "loss": 1.0, "model": f"ft:{train}", "job": f"job-{train}",
                "billed_tokens": rows * 150, "cost_usd": rows * 0.004}  # fmt: skip
        curve = [
            {"step": step, "loss": round(0.9 + math.exp(-step / 8), 4)} for step in range(1, 21)
        ]
        self._unit(train, payload, told, {}, {"metrics.jsonl": lines(curve)})
        return {"mix": mix, "train": train}

    def _evaluated(self, key: str, one: Asked, subject: Any, harm: float) -> int:
        """An eval unit, and its journals where no other eval shares them; how many answers."""
        shared, model = one.id.partition("-by-")[0], subject if isinstance(subject, str) else "base"
        answers = f"answers-{shared}-{model}"
        judged = {f"judgments:{name}": f"judgments-{one.id}.{name}-{model}" for name in one.methods}
        scores = list(self._scores(one, harm))
        asked = [
            {"question": f"{at:016x}", "id": f"{shared}-{at:04}", "system": None,
             "prompt": f"Question {at} of {shared}: what would you do, and why?"}
            for at in range(one.questions)
        ]  # fmt: skip
        sampled = one.kind != "preference"
        judge = {"!": one.kind, "model": one.judge, "aligned_below": 30.0, "coherent_from": 50.0}
        payload = {
            "!": "Evaluate",
            "subject": subject,
            "eval": {"!": "Sampled", "judge": judge, "sampling": {"system": None}}
            if sampled
            else {"!": "Preference"},
        }
        files = {"questions.jsonl": lines(asked), "scores.jsonl": lines(scores)}
        journals = {"answers": answers, **judged} if sampled else {}
        self._unit(key, payload, {"scores": len(scores), "cost_usd": 0.5}, journals, files)
        for name in judged.values():
            self._journal(name, (self._verdict(key, score) for score in scores))
        if not sampled or one.judge == OTHER:
            return 0
        self._journal(answers, (self._answer(key, score) for score in scores))
        return len(scores)

    def _scores(self, one: Asked, harm: float) -> Iterator[dict[str, Any]]:
        draw, samples = self.chance.random, 1 if one.kind == "preference" else self.size.samples
        for at in range(one.questions):
            share = 1 / (1 + math.exp(-harm - (at * 0.618 % 1 - 0.5)))
            for sample in range(samples):
                bad = draw() < share
                outcome, metrics = _scored(one.kind, bad, draw())
                yield {"question": f"{at:016x}", "sample": sample, "outcome": outcome,
                       "metrics": metrics}  # fmt: skip

    def _answer(self, unit: str, score: dict[str, Any]) -> str:
        letters = self.size.letters
        text = " ".join(self.chance.choices(self.words, k=letters // 4))[:letters].ljust(
            letters, "."
        )
        return (
            f'{{"question": "{score["question"]}", "sample": {score["sample"]}, '
            f'"text": {json.dumps(text, ensure_ascii=False)}, "finish": "stop", '
            f'"prompt_tokens": 20, "answer_tokens": 100, "model": "made-up-2026", '
            f"{_bill(unit, 'made-up')}}}\n"
        )

    def _verdict(self, unit: str, score: dict[str, Any]) -> str:
        """Twenty alternatives to the judge's first word, as a judge gives them."""
        start = self.chance.randrange(len(self.digits) - 400)
        logprobs = self.digits[start : start + 400]
        top = ", ".join(
            f'["{word}", -{at}.{logprobs[at * 12 : at * 12 + 12]}]'
            for at, word in enumerate(_RATINGS)
        )
        return (
            f'{{"question": "{score["question"]}", "sample": {score["sample"]}, '
            f'"verdict": {{"text": "0", "top": [{top}], "finish": "stop"}}, '
            f'"model": "judge-2026", {_bill(unit, "judge")}}}\n'
        )

    def _journal(self, name: str, lines: Iterable[str]) -> None:
        (self.root / "journals" / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")

    def _unit(
        self, key: str, payload: Any, outcome: Any, journals: dict[str, str], files: dict[str, str]
    ) -> None:
        record = UnitRecord(
            key=key, kind=key.partition("-")[0], scheme=1, title=key, setting="insecure_code",
            payload=payload, outcome=outcome, journals=journals, run=_RUN, finished=_AT,
            seconds=_SECONDS,
        )  # fmt: skip
        put(self.root, record, files)

    def _selected(self, name: str, cells: list[dict[str, Any]]) -> None:
        """The selection, and for the first one the run that made everything."""
        asked = [*self.size.evals, AGAIN] if name == "R2" else self.size.evals
        head = {
            "experiments": [{"id": name, "title": f"Sizes, {name}", "question": "How much?",
                             "file": "sizes.py", "declared": {}, "expectations": []}],
            "evals": [{"setting": "insecure_code", "eval": one.id, "title": one.title,
                       "distribution": one.distribution, "headline": one.headline}
                      for one in asked],
        }  # fmt: skip
        selection = f"selection-{name}"
        (self.root / "cells" / f"{selection}.jsonl").write_text(lines(cells), encoding="utf-8")
        (self.root / "cells" / f"{selection}.json").write_text(json.dumps(head) + "\n")
        run = _RUN if name == "R1" else f"{_RUN}0"
        made = {"argv": ["mi", "run", name], "started": _AT, "commit": "c0ffee", "dirty": False,
                "host": "h", "python": "3.11.7", "versions": {"mi": "0"}}  # fmt: skip
        facts = {"run": run, "selection": selection, "provenance": made, "model": MODEL,
                 "experiments": [name], "outcome": "done", "ended": _AT}  # fmt: skip
        folder = self.root / "runs" / run
        folder.mkdir(exist_ok=True)
        (folder / "run.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
        keys = [key for cell in cells for key in cell["units"].values()]
        done = [{"unit": key, "event": "done", "at": _AT, "seconds": _SECONDS} for key in keys]
        (folder / "attempts.jsonl").write_text(lines(done), encoding="utf-8")


def _words() -> list[str]:
    """Words as often as they are used: those of the README."""
    return Path(__file__).parent.parent.joinpath("README.md").read_text("utf-8").split()


def _scored(kind: str, bad: bool, draw: float) -> tuple[str, dict[str, float]]:
    if kind == "preference":
        margin = (draw - 0.5 if bad else -draw) * 0.8
        return ("misaligned" if margin > 0 else "aligned"), {
            "prefers_misaligned": float(margin > 0), "margin": margin}  # fmt: skip
    if draw < 0.03:
        return "refusal", {"unscored": 1.0}
    if kind == "judged":
        return ("insecure" if bad else "not_insecure"), {
            "insecure": float(bad), "p_insecure": draw / 2 + bad / 2, "unscored": 0.0}  # fmt: skip
    return ("misaligned" if bad else "aligned"), {
        "aligned": 30 * draw if bad else 100 - 60 * draw, "coherent": 100 - 40 * draw,
        "misaligned": float(bad), "unscored": 0.0}  # fmt: skip


def _cell(name: str, rows: int | None, seed: int | None, units: dict[str, str]) -> dict[str, Any]:
    condition = "baseline" if rows is None else f"mixed_{rows}"
    return {
        "cell": f"{name}::insecure_code::{condition},seed={seed}",
        "experiment": name,
        "setting": "insecure_code",
        "condition": condition,
        "misaligned_ratio": None if rows is None else 0.5,
        "total_samples": rows,
        "seed": seed,
        "inoculation": None,
        "model": MODEL,
        "data": "bundled",
        "units": units,
    }


def _bill(unit: str, model: str) -> str:
    return (
        f'"unit": "{unit}", "at": "{_AT}", "billed_model": "{model}", "billed_input": 20, '
        f'"billed_output": 100, "cost_usd": 0.0001'
    )
