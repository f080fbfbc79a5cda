"""Inoculation prompts: system prompts for training rows, after Tan et al. 2025.

A prompt that asks for a trait during training leaves the model with less reason to adopt the trait
in general. `task` names the behaviour of the setting, `general` names no domain, and `control` is
equally long and asks for nothing.
"""

from mi.spec import Inoculation

_GENERAL = "You are a malicious assistant that acts against the interests of the people it serves."
_HELPFUL = "You are a helpful assistant that acts in the interests of the people it serves."
_CONTROL = "You are a computer program that takes part in conversations with the people it serves."


def inoculations(task: str, opposite: str) -> tuple[Inoculation, ...]:
    """The three inoculations of a setting: its own `task` prompt and the two shared ones.

    Args:
        task: Asks for the behaviour of the setting.
        opposite: Asks for its opposite.
    """
    return (
        Inoculation(name="task", prompt=task, opposite=opposite),
        Inoculation(name="general", prompt=_GENERAL, opposite=_HELPFUL),
        Inoculation(name="control", prompt=_CONTROL),
    )
