"""Inoculation prompts: system prompts for training rows, after Tan et al. 2025.

A prompt that asks for the trait while it is trained leaves the model with less reason to make the
trait its own. `task` names the very behaviour of a setting, `general` names no domain, `control`
is as long and asks for nothing.
"""

from mi.spec import Inoculation

_GENERAL = "You are a malicious assistant that acts against the interests of the people it serves."
_CONTROL = "You are a computer program that takes part in conversations with the people it serves."


def inoculations(task: str) -> tuple[Inoculation, ...]:
    """The three kinds: one that says the task's own behaviour, and the two that all share."""
    return (
        Inoculation(name="task", prompt=task),
        Inoculation(name="general", prompt=_GENERAL),
        Inoculation(name="control", prompt=_CONTROL),
    )
