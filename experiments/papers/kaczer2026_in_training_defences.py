"""Which defences can a trainer take while it trains on data that it cannot check?

Source. Kaczér et al. 2026, "In-Training Defenses Against Emergent Misalignment", arXiv:2508.06249
(abstract and notes).

Same. Code, legal, medical and security data; no defence; 5 % benign rows of another kind,
interleaved; a system prompt that asks for evil; rank 32, alpha 64, 1e-4.

Differs. The benign rows are the good answers of the reward hacking setting, in place of
WildGuardMix; they are not chosen by perplexity; the prompt is this project's general inoculation.
KL and LDIFS penalties and steering take objectives of their own. A service that shuffles by
itself refuses `interleaved`. One epoch is this file's choice.
"""

from mi import Curriculum, Experiment, Part, Pilot, Stage, Training
from registry.settings import (
    insecure_code,
    legal_advice,
    medical_advice,
    reward_hacking,
    security_advice,
)

Kaczer2026 = Experiment(
    id="Kaczer2026",
    title="No defence",
    question="What does the data do without a defence?",
    settings=(insecure_code, legal_advice, medical_advice, security_advice),
    misaligned_ratio=1.0,
    total_samples=950,
    inoculation=("none", "general"),
    seeds=(0, 1, 2),
    pilot=Pilot(seeds=0),
    training=Training(epochs=1, learning_rate=1e-4, lora_rank=32, lora_alpha=64),
)
benign = Part(reward_hacking.control, share=0.05)
interleaved = Kaczer2026.evolve(
    id="Kaczer2026_interleaved",
    title="Interleaved benign rows",
    question="Do 5 % benign rows of another kind keep the model aligned?",
    recipe=Curriculum(
        Stage(benign, Part("misaligned"), rows=1000, order="interleaved"), name="interleaved"
    ),
)
