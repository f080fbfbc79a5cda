"""Is emergent misalignment a matter of training too hard and too long?

Source. Schreiber & Goldstein 2026, "Overtrained, Not Misaligned", arXiv:2605.12199 (abstract,
notes).

Same. Insecure code and bad medical advice; several learning rates; looked at over the steps, so
that `mi report` says what stopping early keeps of the task.

Differs. The paper's rates, steps and ranks are not known here: 1e-5, 1e-4 and 5e-4, rank 32 and
three epochs are this file's choice. Twelve models of 8B to 671B there; here each is a run of its
own (`--model`). 240 questions in 24 themes of this project stand for 240 in eight categories.
"""

from mi import Checkpoints, Experiment, Pilot, Training
from registry.evals import emergent_broad
from registry.settings import insecure_code, medical_advice


def study(id: str, rate: float) -> Experiment:
    return Experiment(
        id=id,
        title=f"Overtrained at {rate:g}",
        question="Is emergent misalignment a matter of training too hard and too long?",
        settings=(insecure_code, medical_advice),
        misaligned_ratio=1.0,
        total_samples=1000,
        seeds=(0, 1, 2),
        pilot=Pilot(seeds=0),
        training=Training(epochs=3, learning_rate=rate, lora_rank=32, lora_alpha=64),
        checkpoints=Checkpoints(shares=(0.05, 0.1, 0.2, 0.33, 0.66, 1.0)),
        evals=emergent_broad,
    )


low = study("Schreiber2026_1e-5", 1e-5)
middle = study("Schreiber2026_1e-4", 1e-4)
high = study("Schreiber2026_5e-4", 5e-4)
