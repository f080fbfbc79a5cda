"""What journals cost: writing lines that are checked and sealed, and loading them.

`writing` appends the same lines as versions without gate and seals did, and as the store does now,
in turns: wall time, and CPU time, which says more on a busy machine. `loading` loads a million
answers into a database with and without looking at seals.

    python -m benchmarks.journals
    python -m benchmarks.journals writing
    python -m benchmarks.journals loading --count 100000
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from mi.database import Database, sync_database
from mi.files.journal import append_records
from mi.store import LocalStore

MOST = 1.3
"""How many times as much CPU time a line may cost."""
TEXT = "The first thing to do is to look at the label and to ask a friend. " * 6


def answer(number: int) -> dict[str, Any]:
    return {
        "question": f"{number % 997:016x}",
        "sample": number // 997,
        "text": TEXT,
        "finish": "stop",
        "prompt_tokens": 25,
        "answer_tokens": 90,
        "model": "subject-2026-01-01",
        "unit": "eval-0123456789ab",
        "at": "2026-01-01T00:00:00.000Z",
        "billed_model": "subject",
        "billed_input": 25,
        "billed_output": 90,
        "cost_usd": 0.00125,
    }


def judgment(number: int) -> dict[str, Any]:
    top = [[str(90 - at), -0.1 - at] for at in range(20)]
    left_out = ("text", "finish", "prompt_tokens", "answer_tokens")
    line = {key: value for key, value in answer(number).items() if key not in left_out}
    return {**line, "verdict": {"text": "90", "top": top, "finish": "stop"}}


def likelihood(number: int) -> dict[str, Any]:
    return {"question": f"{number:016x}", "logprobs": [-10.5, -11.25], "tokens": [5, 7]}


def _write_as_before(path: Path, records: list[dict[str, Any]]) -> None:
    """What the store did before there were gate and seals."""
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    append_records(path, [text.encode("utf-8", "replace")])


def writing(count: int) -> bool:
    """Time for the same lines, written as before and as now, in turns."""
    print("batch  line       before: wall, CPU µs     now: wall, CPU µs   × wall  × CPU")
    is_met = True
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-journals-") as folder:
        for name, make in (("answer", answer), ("judgment", judgment)):
            for batch in (1, 25, 200):
                store = LocalStore(Path(folder, f"{name}{batch}"))
                paths = (Path(folder, f"{name}{batch}.jsonl"), store.journal(f"{name}s-1"))
                writers = (_write_as_before, store.append)
                times: tuple[list[tuple[float, float]], ...] = ([], [])
                for number in range(max(count // batch, 40)):
                    lines = [make(number * batch + at) for at in range(batch)]
                    for which in (0, 1) if number % 2 else (1, 0):
                        start, cpu = time.perf_counter(), time.process_time()
                        writers[which](paths[which], lines)
                        end, cpu_end = time.perf_counter(), time.process_time()
                        scale = 1e6 / batch
                        times[which].append(((end - start) * scale, (cpu_end - cpu) * scale))
                (old, old_cpu), (new, new_cpu) = (
                    [statistics.quantiles(column)[0] for column in zip(*each, strict=True)]
                    for each in times
                )
                is_met &= new_cpu <= MOST * old_cpu
                print(
                    f"{batch:5}  {name:9}  {old:12.1f} {old_cpu:9.1f}  {new:12.1f} {new_cpu:9.1f}"
                    f"   {new / old:6.2f} {new_cpu / old_cpu:6.2f}"
                )
    return is_met


def loading(count: int) -> bool:
    """Seconds to load answers into an empty database, seals looked at or not."""
    seconds: dict[str, list[float]] = {"before": [], "now": []}
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-journals-") as folder:
        store = LocalStore(Path(folder, ".mi"))
        for part in range(10):
            lines = [answer(number) for number in range(part, count, 10)]
            append_records(store.journal(f"answers-{part}"), lines)
        assert store.journal_problems() == {}  # sealed as found
        for round_ in range(3):
            for key in ("before", "now"):
                database = Database(Path(folder, f"{key}{round_}.duckdb"))
                (store.root / "journals-checked.json").unlink(missing_ok=True)
                source = store if key == "now" else _WithoutSeals(store.root)
                start = time.perf_counter()
                result = sync_database(database, source)
                seconds[key].append(time.perf_counter() - start)
                assert not result.faults
                database.path.unlink()
    old, new = (statistics.median(seconds[key]) for key in ("before", "now"))
    print(
        f"{count:,} answers loaded: {old:.2f} s without seals, {new:.2f} s with, × {new / old:.2f}"
    )
    return new <= 1.1 * old


class _WithoutSeals(LocalStore):
    """A store that looks at no seal."""

    def journal_problems(self, *, thorough: bool = False) -> dict[str, Any]:
        return {}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["writing", "loading"])
    parser.add_argument("--count", type=int, default=1_000_000)
    args = parser.parse_args()
    parts = {"writing": writing, "loading": loading}
    counts = {"writing": min(args.count, 4000), "loading": args.count}
    met = [parts[part](counts[part]) for part in args.parts]
    return 0 if all(met) else 1


if __name__ == "__main__":
    raise SystemExit(main())
