"""Calibrations of judges: their errors by labels, and the rates that are corrected for them."""

from .agreement import AgreementEstimate, JudgeAgreement, rater_agreement
from .answers import (
    UNLABELLED,
    Calibration,
    JudgedAnswers,
    answer_keys,
    judge_rating,
    judges_by_unit,
    load_judged_answers,
)
from .bridge import Bridge, BridgedCondition, bridge
from .confusion import Confusion, ErrorRate, OperatingPoint, confusion, design_weights
from .corrected import Correction, Corrector, Method, NaiveRate, estimate_errors, in_units
from .draw import LabelText, draw_sample, label_texts
from .judges import StoredJudge, list_judges
from .rates import CorrectedCondition, calibration_rates, experiment_rates

__all__ = [
    "UNLABELLED",
    "AgreementEstimate",
    "Bridge",
    "BridgedCondition",
    "Calibration",
    "Confusion",
    "CorrectedCondition",
    "Correction",
    "Corrector",
    "ErrorRate",
    "JudgeAgreement",
    "JudgedAnswers",
    "LabelText",
    "Method",
    "NaiveRate",
    "OperatingPoint",
    "StoredJudge",
    "answer_keys",
    "bridge",
    "calibration_rates",
    "confusion",
    "design_weights",
    "draw_sample",
    "estimate_errors",
    "experiment_rates",
    "in_units",
    "judge_rating",
    "judges_by_unit",
    "label_texts",
    "list_judges",
    "load_judged_answers",
    "rater_agreement",
]
