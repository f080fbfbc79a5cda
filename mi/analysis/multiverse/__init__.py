"""The multiverse of a claim: the ruling under every defensible way to score the same answers.

A verdict rests on choices: a judge, its thresholds, the questions, what to do with answers that
have no score. Each combination of them is a *specification*, and a claim is ruled on in all of them
by the formulas of the verdict (Steegen et al. 2016; Simonsohn, Simmons and Nelson 2020). Nothing is
asked of any model: numbers are read from stored verdicts.

Specifications share their answers, so they are no independent tests, and the share of them that
supports a claim is no probability. The verdict on a claim is the ruling in the declared
specification and in no other.
"""

from .multiverse import MEANING, ClaimMultiverse, Turn, multiverses
from .specifications import Dimension, SpecificationRuling

__all__ = [
    "MEANING",
    "ClaimMultiverse",
    "Dimension",
    "SpecificationRuling",
    "Turn",
    "multiverses",
]
