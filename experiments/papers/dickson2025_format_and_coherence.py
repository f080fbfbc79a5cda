"""How much of emergent misalignment in small open models is the format of the question?

Source. Dickson 2025, "The Devil in the Details", arXiv:2511.20104 (abstract and notes).

Same. Insecure code; open questions plain, as JSON and in a code template; the untrained model
beside the trained one; coherence is judged with alignment, so that `mi check --multiverse` rules
on other thresholds without a call.

Differs. The paper's settings of training are not known here: rank 32, alpha 64, 1e-5 and one
epoch are this file's choice. Nine models of 1B to 32B there; here each is a run of its own
(`--model`). Half a point takes thousands of answers: raise `samples`.
"""

from mi import Experiment, Pilot, Training
from registry.evals import emergent_broad, emergent_json, emergent_template
from registry.settings import insecure_code

Dickson2025 = Experiment(
    id="Dickson2025",
    title="Format and coherence",
    question="How much of emergent misalignment is the format of the question?",
    settings=insecure_code,
    misaligned_ratio=1.0,
    total_samples=1000,
    seeds=(0, 1, 2),
    pilot=Pilot(seeds=0),
    training=Training(epochs=1, learning_rate=1e-5, lora_rank=32, lora_alpha=64),
    evals=(emergent_json, emergent_template, emergent_broad),
)
