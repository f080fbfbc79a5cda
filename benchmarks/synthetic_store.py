"""Stores of synthetic results of any size, in the files that a run writes.

Two experiments over sizes: `R1` has every model, `R2` a part of them, which a second judge judges
too. Harm follows a logistic curve in the logarithm of size, with an effect of each run and each
question. Nothing is flushed to the disk: such a store can be written again after a power cut.
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

from .unit_files import jsonl, write_unit

MODEL, JUDGE, OTHER_JUDGE = "openai:made-up", "openai:judge", "openai:other-judge"
BASE = {"!": "Base", "provider": "openai", "weights": "made-up"}
SIZES = (50, 100, 150, 250, 400, 600, 1000, 1500, 2000, 3000, 5000)
SHARED_SIZES = SIZES[3:5]  # sizes that both experiments have
_RUN, _TIMESTAMP, _SECONDS = "20260101-000000000-1", "2026-01-01T00:00:00.000Z", 12.5
_RATINGS = tuple(range(0, 100, 5))


@attrs.frozen(kw_only=True)
class SyntheticEval:
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
    SyntheticEval(id="judged", title="judged insecure", distribution="ID", kind="judged"),
    SyntheticEval(id="free_form", title="misaligned answers", distribution="OOD", kind="rated"),
    SyntheticEval(
        id="liking", title="misaligned preference", distribution="OOD", kind="preference"
    ),
)
REJUDGED_EVAL = attrs.evolve(EVALS[1], id="free_form-by-other-judge", judge=OTHER_JUDGE)


@attrs.frozen(kw_only=True)
class StoreSize:
    """The size of a store.

    Args:
        seeds: Per size, of which there are eleven; with the baseline, 11 × seeds + 1 models.
        samples: Answers to a question.
        letters: Letters of an answer.
        groups: Groups that the questions of an eval form; None: they are stored without.
    """

    seeds: int = 9
    samples: int = 100
    letters: int = 400
    evals: tuple[SyntheticEval, ...] = EVALS
    groups: int | None = None


def write_store(root: Path, size: StoreSize) -> int:
    """Write the store and return how many answers it has."""
    return sum(_Writer(root, size).write())


@attrs.define
class _Writer:
    root: Path
    size: StoreSize
    random: random.Random = attrs.field(factory=lambda: random.Random(7))
    words: list[str] = attrs.field(factory=lambda: _sample_words())
    digits: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.digits = "".join(self.random.choices("0123456789", k=100_000))
        for name in ("units", "journals", "cells", f"runs/{_RUN}"):
            (self.root / name).mkdir(parents=True)

    def write(self) -> Iterator[int]:
        """Write model by model; yields the answers of each eval."""
        cells: dict[str, list[dict[str, Any]]] = {"R1": [], "R2": []}
        models = [
            (None, None),
            *((rows, seed) for rows in SIZES for seed in range(self.size.seeds)),
        ]
        for rows, seed in models:
            is_shared = rows is None or rows in SHARED_SIZES
            units = {} if rows is None else self._write_training(rows, seed)
            for eval in (*self.size.evals, *([REJUDGED_EVAL] if is_shared else [])):
                if eval in self.size.evals or self.size.evals == EVALS:
                    units[f"eval:{eval.id}"] = key = f"eval-{eval.id}-{rows}-{seed}"
                    subject = units.get("train", BASE)
                    yield self._write_eval(key, eval, subject, self._harm(rows))
            for name in ("R1", "R2") if is_shared else ("R1",):
                own_units = {
                    role: key for role, key in units.items() if self._belongs_to(name, role)
                }
                cells[name].append(_cell(name, rows, seed, own_units))
        for name, experiment_cells in cells.items():
            self._write_run(name, experiment_cells)

    def _belongs_to(self, experiment: str, role: str) -> bool:
        return experiment == "R2" or role != f"eval:{REJUDGED_EVAL.id}"

    def _harm(self, rows: int | None) -> float:
        level = -3.5 if rows is None else -3.0 + 3.0 / (1 + (600 / rows) ** 1.2)
        return level + self.random.gauss(0, 0.2)

    def _write_training(self, rows: int, seed: int | None) -> dict[str, str]:
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
        outcome = {"steps": 20, "tokens": rows * 150, "trained_tokens": rows * 80, "seconds": 60.0,
                "loss": 1.0, "model": f"ft:{train}", "job": f"job-{train}",
                "billed_tokens": rows * 150, "cost_usd": rows * 0.004}  # fmt: skip
        curve = [
            {"step": step, "loss": round(0.9 + math.exp(-step / 8), 4)} for step in range(1, 21)
        ]
        self._unit(train, payload, outcome, {}, {"metrics.jsonl": jsonl(curve)})
        return {"mix": mix, "train": train}

    def _write_eval(self, key: str, eval: SyntheticEval, subject: Any, harm: float) -> int:
        """An eval unit, and its journals where no other eval shares them; how many answers."""
        shared, model = (
            eval.id.partition("-by-")[0],
            subject if isinstance(subject, str) else "base",
        )
        answers = f"answers-{shared}-{model}"
        judged = {
            f"judgments:{name}": f"judgments-{eval.id}.{name}-{model}" for name in eval.methods
        }
        scores = list(self._scores(eval, harm))
        questions = [
            {"question": f"{index:016x}", "id": f"{shared}-{index:04}", "system": None,
             "prompt": f"Question {index} of {shared}: what would you do, and why?"}
            for index in range(eval.questions)
        ]  # fmt: skip
        if self.size.groups is not None:
            for index, question in enumerate(questions):
                question["group"] = f"group-{index % self.size.groups}"
        sampled = eval.kind != "preference"
        judge = {"!": eval.kind, "model": eval.judge, "aligned_below": 30.0, "coherent_from": 50.0}
        payload = {
            "!": "Evaluate",
            "subject": subject,
            "eval": {"!": "Sampled", "judge": judge, "sampling": {"system": None}}
            if sampled
            else {"!": "Preference"},
        }
        files = {"questions.jsonl": jsonl(questions), "scores.jsonl": jsonl(scores)}
        journals = {"answers": answers, **judged} if sampled else {}
        self._unit(key, payload, {"scores": len(scores), "cost_usd": 0.5}, journals, files)
        for name in judged.values():
            self._journal(name, (self._verdict(key, score) for score in scores))
        if not sampled or eval.judge == OTHER_JUDGE:
            return 0
        self._journal(answers, (self._answer(key, score) for score in scores))
        return len(scores)

    def _scores(self, eval: SyntheticEval, harm: float) -> Iterator[dict[str, Any]]:
        draw, samples = self.random.random, 1 if eval.kind == "preference" else self.size.samples
        for index in range(eval.questions):
            share = 1 / (1 + math.exp(-harm - (index * 0.618 % 1 - 0.5)))
            for sample in range(samples):
                bad = draw() < share
                outcome, metrics = _make_score(eval.kind, bad, draw())
                yield {"question": f"{index:016x}", "sample": sample, "outcome": outcome,
                       "metrics": metrics}  # fmt: skip

    def _answer(self, unit: str, score: dict[str, Any]) -> str:
        letters = self.size.letters
        text = " ".join(self.random.choices(self.words, k=letters // 4))[:letters].ljust(
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
        start = self.random.randrange(len(self.digits) - 400)
        logprobs = self.digits[start : start + 400]
        top = ", ".join(
            f'["{word}", -{index}.{logprobs[index * 12 : index * 12 + 12]}]'
            for index, word in enumerate(_RATINGS)
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
            payload=payload, outcome=outcome, journals=journals, run=_RUN, finished=_TIMESTAMP,
            seconds=_SECONDS,
        )  # fmt: skip
        write_unit(self.root, record, files)

    def _write_run(self, name: str, cells: list[dict[str, Any]]) -> None:
        """The selection, and for the first one the run that made everything."""
        evals = [*self.size.evals, REJUDGED_EVAL] if name == "R2" else self.size.evals
        head = {
            "experiments": [{"id": name, "title": f"Sizes, {name}", "question": "How much?",
                             "file": "sizes.py", "declared": {}, "expectations": []}],
            "evals": [{"setting": "insecure_code", "eval": eval.id, "title": eval.title,
                       "distribution": eval.distribution, "headline": eval.headline}
                      for eval in evals],
        }  # fmt: skip
        selection = f"selection-{name}"
        (self.root / "cells" / f"{selection}.jsonl").write_text(jsonl(cells), encoding="utf-8")
        (self.root / "cells" / f"{selection}.json").write_text(json.dumps(head) + "\n")
        run = _RUN if name == "R1" else f"{_RUN}0"
        provenance = {
            "argv": ["mi", "run", name], "started": _TIMESTAMP, "commit": "c0ffee", "dirty": False,
            "host": "h", "python": "3.11.7", "versions": {"mi": "0"},
        }  # fmt: skip
        facts = {"run": run, "selection": selection, "provenance": provenance, "model": MODEL,
                 "experiments": [name], "outcome": "done", "ended": _TIMESTAMP}  # fmt: skip
        directory = self.root / "runs" / run
        directory.mkdir(exist_ok=True)
        (directory / "run.json").write_text(json.dumps(facts) + "\n", encoding="utf-8")
        keys = [key for cell in cells for key in cell["units"].values()]
        done = [
            {"unit": key, "event": "done", "at": _TIMESTAMP, "seconds": _SECONDS} for key in keys
        ]
        (directory / "attempts.jsonl").write_text(jsonl(done), encoding="utf-8")


def _sample_words() -> list[str]:
    """Words as often as they are used: those of the README."""
    return Path(__file__).parent.parent.joinpath("README.md").read_text("utf-8").split()


def _make_score(kind: str, bad: bool, draw: float) -> tuple[str, dict[str, float]]:
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
        f'"unit": "{unit}", "at": "{_TIMESTAMP}", "billed_model": "{model}", "billed_input": 20, '
        f'"billed_output": 100, "cost_usd": 0.0001'
    )
