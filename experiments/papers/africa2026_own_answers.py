"""Does training on its own greedy answers entrench what a model was taught?

Source. Africa & Mani 2026, "Consistency Training Can Entrench Misalignment", arXiv:2606.03810
(repository and notes). Greedy answers are the paper's control, which needs no judge.

Same. Bad advice first; then the model's own greedy answers, each once; rank 32, alpha 64, 1e-5
and two epochs in both stages; five seeds.

Differs. Medical advice stands for financial advice, of which no control is published; 1000 rows
and 240 prompts in place of 3000 and 3000; questions of 24 themes are the prompts. Refining and
best of four take an objective of their own.
"""

from mi import Curriculum, Experiment, Generated, Part, Pilot, Resource, Sampling, Stage, Training
from registry.settings import medical_advice

PROMPTS = Resource(package="registry.bundled.emergent", file="broad_free_form.jsonl")
greedy = Generated(PROMPTS, sampling=Sampling(temperature=0, max_tokens=300))
taught = Stage(Part("misaligned", rows=1000))

Africa2026 = Experiment(
    id="Africa2026",
    title="Own greedy answers",
    question="Does training on its own greedy answers entrench what a model was taught?",
    settings=medical_advice,
    recipe=Curriculum(taught, Stage(Part(greedy, rows=200)), name="own_answers"),
    seeds=(0, 1, 2, 3, 4),
    pilot=Pilot(seeds=0),
    training=Training(epochs=2, learning_rate=1e-5, lora_rank=32, lora_alpha=64),
)
before = Africa2026.evolve(id="Africa2026_before", recipe=Curriculum(taught, name="taught"))
