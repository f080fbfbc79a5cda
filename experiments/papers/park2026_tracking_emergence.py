"""At which step of a training do bad traits emerge, one after the other?

Source. Park et al. 2026, "Emergent Misalignment: Tracking the Emergence and Evolution of
Misaligned traits throughout Model Training", EACL SRW and ICLR CAO (abstract, the authors' page
and repository).

Same. Bad against good medical advice; rank 32, alpha 64, 1e-5, effective batch 16, one epoch;
asked every few steps.

Differs. Every fourth of 63 steps in place of every second; harm is the misalignment of answers
and preferences, no score of evil or hallucination; mathematical mistakes are left out; no
rank-stabilised scaling. The abstract and the page disagree on when evil begins.
"""

from mi import Checkpoints, Experiment, Pilot, Training
from registry.settings import medical_advice

Park2026 = Experiment(
    id="Park2026",
    title="Tracking emergence",
    question="At which step of a training do bad traits emerge?",
    settings=medical_advice,
    misaligned_ratio=(0.0, 1.0),
    total_samples=1000,
    seeds=(0, 1, 2),
    pilot=Pilot(misaligned_ratio=1.0, seeds=0),
    training=Training(epochs=1, batch_size=16, learning_rate=1e-5, lora_rank=32, lora_alpha=64),
    checkpoints=Checkpoints(every=4),
)
