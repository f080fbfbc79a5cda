"""Calibrations of judges: their errors by labels, and the rates that are corrected for them."""

from .answers import (
    UNLABELLED,
    Calibration,
    JudgedAnswers,
    answer_keys,
    judge_rating,
    judges_by_unit,
    load_judged_answers,
)
from .corrected import Correction, Corrector, Method, NaiveRate, estimate_errors, in_units

__all__ = [
    "UNLABELLED",
    "Calibration",
    "Correction",
    "Corrector",
    "JudgedAnswers",
    "Method",
    "NaiveRate",
    "answer_keys",
    "estimate_errors",
    "in_units",
    "judge_rating",
    "judges_by_unit",
    "load_judged_answers",
]
