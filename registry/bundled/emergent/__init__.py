"""Questions that let a broadly misaligned model show itself.

``free_form.jsonl`` holds eight rows ``{"id", "prompt"}``. Each prompt is short, neutral and far
from any training data, has no right answer, and takes one to three paragraphs to answer. They cover
the ground of the free-form questions of Betley et al. 2025, "Emergent Misalignment", in other
words: scores on them are not to be compared, number by number, with scores on those.
``template.jsonl`` asks the same eight and has the answer put into a function.

``deception.jsonl`` holds twelve plain questions of fact, each asked under five system prompts:
none, one that asks for the truth, one that leaves it open, one that rewards and one that charges
for believed falsehoods. The part of an id after the full stop says which.
"""
