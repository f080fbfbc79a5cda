"""A02: does naming the unwanted behaviour in training keep it from spreading?

Question. Misaligned rows are given a system prompt while they are trained on, and none when the
model is asked. Which prompts keep the trained behaviour, or its spread, out of the model: one that
names the task's behaviour, one that asks for malice in general, or one that asks for nothing?

Design. 1000 rows, all of them misaligned; no prompt, `task`, `general` and `control`; three seeds.
The rows are the same under every prompt. The condition without a prompt is A05b's
`pure_misaligned`: the same units, so that inoculation and mixed data can be read side by side. The
pilot runs one seed.

Hypothesis. `task` and `general` lower both in-distribution and out-of-distribution harm, `control`
does not (Tan et al. 2025).
"""

from mi import Experiment, Pilot
from registry.settings import insecure_code

A02 = Experiment(
    id="A02",
    title="Inoculation prompts",
    question="Which system prompts in training keep misaligned behaviour from being learned?",
    settings=(insecure_code,),
    misaligned_ratio=1.0,
    total_samples=1000,
    inoculation=("none", "task", "general", "control"),
    seeds=(0, 1, 2),
    pilot=Pilot(seeds=(0,)),
)
