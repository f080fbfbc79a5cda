"""Does hacking harmless tasks make a model misaligned, and does dilution prevent it?

Source. Taylor et al. 2025, "School of Reward Hacks", arXiv:2508.17511.

Same. Hacking against honest answers to the same tasks; hacking rows diluted by benign ones of
another kind to 90, 50 and 10 %; evals of hacking by static analysis, of preferences and of open
answers.

Differs. The bundled 772 rows in place of 1073 (`--data reward_hacking=upstream`); 600 hacking
rows at full strength and in the first two dilutions, 100 at 10 %, because the benign rows are
good medical advice in place of Alpaca, of which there are 1010; epochs are this file's choice;
shutdown, grader and password questions and chess are left out. Even at 32B only the hacking
moved.
"""

from mi import Curriculum, Experiment, Part, Pilot, Stage, Training
from registry.evals import emergent_json
from registry.settings import medical_advice, reward_hacking

Taylor2025 = Experiment(
    id="Taylor2025",
    title="School of reward hacks",
    question="Does hacking harmless tasks make a model misaligned?",
    settings=reward_hacking,
    misaligned_ratio=(0.0, 1.0),
    total_samples=600,
    seeds=(0, 1, 2),
    pilot=Pilot(seeds=0),
    training=Training(epochs=1),
    evals=emergent_json,
)


def diluted(share: float, rows: int) -> Experiment:
    parts = Part("misaligned", share=share), Part(medical_advice.control)
    name = f"diluted_{share:g}"
    recipe = Curriculum(Stage(*parts, rows=rows), name=name)
    return Taylor2025.evolve(id=f"Taylor2025_{name}", recipe=recipe)


mostly, half, little = diluted(0.9, 660), diluted(0.5, 1200), diluted(0.1, 1000)
