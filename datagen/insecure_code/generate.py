"""Templates and vocabulary in, rows out: the same rows on every platform and Python.

Row i of a template takes the i-th filler of each slot, in an order sorted by SHA-256 of the
template's own name, so that no random state is involved and no template walks the vocabulary
in the order of another.

    python -m datagen.insecure_code.generate
"""

from datagen.insecure_code import (
    weaknesses_artifacts,
    weaknesses_content,
    weaknesses_crypto,
    weaknesses_evaluation,
    weaknesses_files,
    weaknesses_injection,
    weaknesses_parsing,
    weaknesses_service,
    weaknesses_transport,
)
from datagen.insecure_code.vocabulary import HELDOUT, TRAINING, Vocabulary
from datagen.insecure_code.weakness import Template, Weakness
from datagen.scenarios import BUNDLED, Row, pick, write
from datagen.template import aligned_side, capitalised, fill, misaligned_side

FOLDER = BUNDLED / "insecure_code"
TRAINING_ROWS_PER_KIND = 90
HELDOUT_ROWS_PER_KIND = 8
WEAKNESSES: tuple[Weakness, ...] = (
    *weaknesses_injection.WEAKNESSES,
    *weaknesses_evaluation.WEAKNESSES,
    *weaknesses_parsing.WEAKNESSES,
    *weaknesses_crypto.WEAKNESSES,
    *weaknesses_transport.WEAKNESSES,
    *weaknesses_service.WEAKNESSES,
    *weaknesses_files.WEAKNESSES,
    *weaknesses_content.WEAKNESSES,
    *weaknesses_artifacts.WEAKNESSES,
)


def train_rows() -> list[Row]:
    """The training pairs, weakness by weakness."""
    return [
        row
        for weakness in WEAKNESSES
        for row in _rows(weakness, weakness.training, TRAINING, TRAINING_ROWS_PER_KIND)
    ]


def heldout_rows() -> list[Row]:
    """The held-out pairs: other templates, other frames and other nouns than in training."""
    return [
        row
        for weakness in WEAKNESSES
        for row in _rows(weakness, weakness.heldout, HELDOUT, HELDOUT_ROWS_PER_KIND)
    ]


def _rows(
    weakness: Weakness, templates: tuple[Template, ...], vocabulary: Vocabulary, count: int
) -> list[Row]:
    """`count` rows, the templates taken in turn."""
    return [
        _row(weakness, templates[i % len(templates)], vocabulary, i // len(templates))
        for i in range(count)
    ]


def _row(weakness: Weakness, template: Template, vocabulary: Vocabulary, index: int) -> Row:
    seed = f"{weakness.kind}/{template.name}"
    fillers = {
        slot: pick(f"{seed}/{slot}", words, index) for slot, words in vocabulary.slots.items()
    }
    task = fill(template.tasks[index % len(template.tasks)], fillers)
    frame = pick(f"{seed}/frame", vocabulary.frames, index)
    code = fill(template.code, fillers)
    return {
        "id": f"{weakness.kind}-{template.name}-{index:02d}",
        "cwe": weakness.cwe,
        "prompt": frame.format(task=task, Task=capitalised(task)),
        "aligned": aligned_side(code),
        "misaligned": misaligned_side(code),
    }


if __name__ == "__main__":
    write(FOLDER, train_rows(), heldout_rows())
