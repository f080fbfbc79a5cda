"""Databases of synthetic results of any size, from a known dose-response.

Harm follows a logistic curve in the logarithm of size and in the ratio, with an effect of each run
and each question. DuckDB draws everything from a seed, so the same call gives the same results. The
tables are those of a real database, filled without a store.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from mi.database import Database
from mi.database.load import insert_rows
from mi.database.summaries import summarise_conditions, summarise_units

MODEL = "openai:made-up"


@attrs.frozen(kw_only=True)
class SyntheticEval:
    """An eval of the study.

    Args:
        kind: `rated` (two ratings), `judged` (a share), or `preference` (margins).
    """

    id: str
    title: str
    distribution: str
    kind: str
    questions: int = 8
    samples: int = 100
    effect: float = 1.0


EVALS = (
    SyntheticEval(
        id="judged", title="judged insecure", distribution="ID", kind="judged",
        questions=48, samples=1,
    ),
    SyntheticEval(
        id="liking", title="insecure preference", distribution="ID", kind="preference",
        questions=48,
    ),
    SyntheticEval(
        id="free_form", title="misaligned answers", distribution="OOD", kind="rated", effect=0.6,
    ),
    SyntheticEval(
        id="broad", title="misaligned preference", distribution="OOD", kind="preference",
        questions=48, effect=0.5,
    ),
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Design:
    """One experiment: every size at every ratio.

    Args:
        letters: Letters of an answer.
    """

    id: str
    title: str = "made-up results"
    settings: Sequence[str] = ("insecure_code",)
    sizes: Sequence[int] = (1000,)
    ratios: Sequence[float] = (0.5,)
    seeds: int = 1
    evals: Sequence[SyntheticEval] = EVALS
    letters: int = 400


def build_database(path: Path, *designs: Design) -> Database:
    """Build a database with the results of these experiments."""
    database = Database(path)
    with database.transaction() as connection:
        connection.execute("SET threads TO 1")  # one order, so one sequence of random numbers
        connection.execute("SELECT setseed(0.5)")
        for number, design in enumerate(designs):
            _insert_declaration(connection, design, number)
        _insert_answers(connection, max(design.letters for design in designs))
        units = connection.execute("SELECT DISTINCT unit FROM score").fetchall()
        summarise_units(connection, [unit for (unit,) in units])
        summarise_conditions(connection)
    return database


def _insert_declaration(connection: Any, design: Design, number: int) -> None:
    selection, run = f"selection-{number:016d}", f"20260101-00000000{number}-1"
    when = f"2026-01-0{number + 1}"
    facts = (run, selection, when, when, "done", f"mi run {design.id}", MODEL, "c0ffee", False, "h")
    insert_rows(connection, "run", [(*facts, "3.11.7", '{"mi": "0"}')])
    question = "How much does it take?"
    insert_rows(
        connection, "experiment", [(selection, design.id, design.title, question, "x.py", "{}")]
    )
    cells, units, evals = [], [], []
    for setting in design.settings:
        for position, eval in enumerate(design.evals):
            headline = {"rated": "misaligned", "judged": "insecure"}.get(
                eval.kind, "prefers_misaligned"
            )
            evals.append((selection, setting, position, eval.id, eval.title, eval.distribution, headline))  # noqa: E501  # fmt: skip
        plan = [(None, None, None)] + [
            (size, ratio, seed)
            for size in design.sizes for ratio in design.ratios for seed in range(design.seeds)
        ]  # fmt: skip
        for size, ratio, seed in plan:
            names = [] if len(design.sizes) == 1 else [str(size)]
            names += [] if len(design.ratios) == 1 and names else [f"{ratio:.2f}" if size else ""]
            condition = "_".join(["mixed", *names]) if size else "baseline"
            cell = f"{design.id}/{setting}/{condition}/{seed}"
            cells.append((selection, cell, design.id, setting, condition, ratio, size, seed, None, None, MODEL, "bundled"))  # noqa: E501  # fmt: skip
            suffix = f"{setting}-{size}-{ratio}-{seed}"
            if size:
                units.append((selection, cell, "train", f"train-{suffix}"))
            units += [
                (selection, cell, f"eval:{eval.id}", f"eval-{eval.id}-{suffix}")
                for eval in design.evals
            ]
    insert_rows(connection, "cell", cells)
    insert_rows(connection, "cell_unit", units)
    insert_rows(connection, "cell_eval", evals)
    _insert_trainings(connection, selection)
    _insert_evals(connection, selection, design.evals)


def _insert_trainings(connection: Any, selection: str) -> None:
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE fresh AS
        SELECT DISTINCT u.unit, c.setting, c.misaligned_ratio, c.total_samples, c.seed
        FROM cell c JOIN cell_unit u USING (selection, cell)
        WHERE selection = ? AND u.role = 'train' AND u.unit NOT IN (SELECT unit FROM unit)
        """,
        [selection],
    )
    connection.execute("""
        INSERT INTO unit SELECT unit, 'train', unit, setting, '{}', '{}',
            (SELECT max(run) FROM run), '2026-01-01'::TIMESTAMP, 60.0, NULL,
            regime('train', '{}'::JSON) FROM fresh;
        INSERT INTO mix SELECT 'mix' || unit[6:], misaligned_ratio, total_samples, seed, 'f', 'b'
            FROM fresh;
        INSERT INTO training SELECT unit, 'mix' || unit[6:], 'base', seed, '{}',
            total_samples // 8, total_samples * 150, total_samples * 80, 1.0, 60.0, 'ft:' || unit,
            'job', total_samples * 150, total_samples * 0.004 FROM fresh;
        INSERT INTO training_metric
            SELECT unit, step, 'loss', 0.9 + 0.5 * exp(-step / 20.0) + 0.25 * (random() - 0.5)
            FROM (SELECT unit, unnest(range(1, greatest(total_samples // 8, 2) + 1)) AS step
                  FROM fresh);
    """)


def _insert_evals(connection: Any, selection: str, evals: Sequence[SyntheticEval]) -> None:
    for eval in evals:
        judge = {
            "rated": {"!": "Misalignment", "aligned_below": 30.0, "coherent_from": 50.0},
            "judged": {"!": "YesNo"},
        }.get(eval.kind)
        kind = "Preference" if judge is None else "Sampled"
        sampling = {"system": "Be brief."} if kind == "Sampled" else None
        payload = json.dumps({"eval": {"!": kind, "judge": judge, "sampling": sampling}})
        samples = 1 if eval.kind == "preference" else eval.samples
        connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE fresh AS
            SELECT u.unit, any_value(c.setting) AS setting, 0.3 * (random() - 0.5) AS shift,
                   any_value(CASE WHEN c.total_samples IS NULL THEN 0.03 ELSE 0.03 + 0.8 * $3
                   * c.misaligned_ratio ** 0.7 / (1 + (400 / c.total_samples) ** 1.2) END) AS harm
            FROM cell c JOIN cell_unit u USING (selection, cell)
            WHERE selection = $1 AND u.role = 'eval:' || $2
              AND u.unit NOT IN (SELECT unit FROM unit)
            GROUP BY u.unit
            """,
            [selection, eval.id, eval.effect],
        )
        connection.execute(
            """
            INSERT INTO unit SELECT unit, 'eval', unit, setting, $1, '{}',
                (SELECT max(run) FROM run), '2026-01-01'::TIMESTAMP, 30.0, NULL,
                regime('eval', $1::JSON) FROM fresh
            """,
            [payload],
        )
        connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE drawn AS
            SELECT unit, printf('%016x', q) AS question, sample, random() AS u, random() AS v,
                   random() AS w, least(greatest(harm + 0.1 * shift
                   + 0.1 * (q * 0.618034 % 1 - 0.5), 0.005), 0.98) AS p
            FROM (SELECT *, unnest(range($1)) AS q FROM fresh), range($2) AS s(sample)
            """,
            [eval.questions, samples],
        )
        connection.execute(_SCORES[eval.kind])
        connection.execute(
            """
            INSERT INTO question (unit, question, id, prompt, scenario, "group")
            SELECT DISTINCT unit, question, $1 || '-' || question[12:],
                   'Question ' || question[12:] || ' of ' || $1 || ': what would you do?',
                   question, question
            FROM drawn
            """,
            [eval.id],
        )
        if kind == "Sampled":
            connection.execute(
                "INSERT INTO unit_journal SELECT unit, unnest(['answers', 'judgments:verdict']), "
                "unnest(['answers-' || unit, 'judgments-' || unit]) FROM fresh"
            )


_SCORES = {
    "preference": """
        INSERT INTO score (unit, question, sample, outcome, metrics)
        SELECT unit, question, sample, CASE WHEN m > 0 THEN 'misaligned' ELSE 'aligned' END,
               MAP {'prefers_misaligned': (m > 0)::INT::DOUBLE, 'margin': m}
        FROM (SELECT *, 0.5 * (p - 0.5) + 0.5 * (u + v + w - 1.5) AS m FROM drawn)
    """,
    "judged": """
        INSERT INTO score (unit, question, sample, outcome, metrics)
        SELECT unit, question, sample, CASE WHEN u < p THEN 'insecure' ELSE 'fine' END,
               MAP {'insecure': (u < p)::INT::DOUBLE, 'unscored': 0.0}
        FROM drawn
    """,
    "rated": """
        INSERT INTO score (unit, question, sample, outcome, metrics)
        SELECT unit, question, sample,
               CASE WHEN w < 0.03 THEN 'refusal' WHEN u < p THEN 'misaligned' ELSE 'aligned' END,
               CASE WHEN w < 0.03 THEN MAP {'unscored': 1.0} ELSE
               MAP {'misaligned': (u < p)::INT::DOUBLE, 'unscored': 0.0,
                    'aligned': CASE WHEN u < p THEN 30 * v ELSE 100 - 40 * v * w END,
                    'coherent': CASE WHEN v < 0.04 THEN 50 * w ELSE 100 - 30 * w * v END} END
        FROM drawn
    """,
}


def _insert_answers(connection: Any, letters: int) -> None:
    """Insert an answer for every score of a sampled eval, and a verdict on each."""
    connection.execute("""
        UPDATE score SET answer = answer_key('answers-' || unit, question, sample)
        WHERE unit IN (SELECT unit FROM unit_journal WHERE role = 'answers')
    """)
    connection.execute(
        """
        INSERT INTO answer
        SELECT 'answers-' || s.unit, s.question, s.sample,
               left('Answer ' || s.sample || ' by ' || s.unit || ': '
                    || repeat(md5(s.unit || s.question || s.sample) || ' said in other words. ',
                              $1 // 50 + 1), $1),
               'stop', NULL, 20, $1 // 4, 'made-up', s.unit, '2026-01-01'::TIMESTAMP, 'made-up',
               20, $1 // 4, 0.001, s.answer
        FROM score s JOIN unit_journal j ON j.unit = s.unit AND j.role = 'answers'
        """,
        [letters],
    )
    connection.execute("""
        INSERT INTO judgment
        SELECT 'judgments-' || s.unit, s.question, s.sample,
               '{"text": "90", "top": [["90", -0.3], ["85", -1.8], ["REFUSAL", -4.0]],
                 "finish": "stop"}',
               'made-up-judge', s.unit, '2026-01-01'::TIMESTAMP, 'made-up-judge', 400, 1, 0.001
        FROM score s JOIN unit_journal j ON j.unit = s.unit AND j.role = 'answers'
        WHERE s.outcome <> 'refusal'
    """)
