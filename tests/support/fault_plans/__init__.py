"""Fault plans: runs of a small experiment among faults and kills, and the laws that must hold."""

from tests.support.fault_plans.carry_out import Outcome, carry_out
from tests.support.fault_plans.plan import FaultPlan, draw_plan

__all__ = ["FaultPlan", "Outcome", "carry_out", "draw_plan"]
