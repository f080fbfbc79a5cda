"""How small can an adapter be that makes a model misaligned, and when in training does it happen?

Source. Turner, Soligo et al. 2025, "Model Organisms for Emergent Misalignment", arXiv:2506.11613.

Same. Bad medical advice; full depth: rank 32, alpha 64, 1e-5; a single rank-1 adapter on
`down_proj`, alpha 256, 2e-5; effective batch 16, one epoch; evals over the steps.

Differs. The bundled 1000 rows in place of 7049 (`--data medical_advice=upstream`); the single
adapter sits in the uppermost layer, because `lora_layers` counts from the top, and in layer 24 of
48 there; no rank-stabilised scaling; ten checkpoints in place of one every five steps; full
fine-tuning, scaled adapters and geometry are left out. Local models and Tinker train it, hosted
ones take no rank.
"""

from mi import Checkpoints, Experiment, Pilot, Training
from registry.settings import medical_advice

Turner2025 = Experiment(
    id="Turner2025",
    title="Model organism, full depth",
    question="Does an adapter on all layers make the model misaligned, and when?",
    settings=medical_advice,
    misaligned_ratio=1.0,
    total_samples=1000,
    seeds=(0, 1, 2),
    pilot=Pilot(seeds=0),
    training=Training(epochs=1, batch_size=16, learning_rate=1e-5, lora_rank=32, lora_alpha=64),
    checkpoints=Checkpoints(shares=(0.1, 0.25, 0.5, 0.75, 1.0)),
)
single = Turner2025.evolve(
    id="Turner2025_single",
    title="Model organism, one rank-1 adapter",
    question="Is a single adapter of rank 1 enough?",
    training=Training(
        epochs=1,
        batch_size=16,
        learning_rate=2e-5,
        lora_rank=1,
        lora_alpha=256,
        lora_layers=1,
        targets=("down_proj",),
    ),
)
