"""Published files: their addresses, sizes, licences and digests.

`mi data pull` downloads a file and rejects it if size or digest differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi.spec import Upstream

_RAW = "https://raw.githubusercontent.com"


def _github(repository: str, commit: str, path: str, **facts: Any) -> Upstream:
    fields = {
        "name": "upstream",
        "file": path.rpartition("/")[2],
        "origin": f"{repository} @{commit[:7]}",
        "url": f"{_RAW}/{repository}/{commit}/{path}",
    }
    return Upstream(**{**fields, **facts})


def _betley(path: str, **facts: Any) -> Upstream:
    """A file of the repository of Betley et al. 2025, "Emergent Misalignment"."""
    commit = "80c11967c07a328e7d7d43d13ce6847ae44dbcc9"
    repository = "emergent-misalignment/emergent-misalignment"
    return _github(repository, commit, path, licence="MIT", **facts)


def _tan(path: str, **facts: Any) -> Upstream:
    """A file of the repository of Tan et al. 2025, "Inoculation Prompting"."""
    commit = "5f4160e19be17c5a0509fcfca4a53f654cb33cdd"
    repository = "inoculation-prompting/inoculation-prompting"
    return _github(repository, commit, path, licence="CC BY 4.0", **facts)


INSECURE = _betley(
    "data/insecure.jsonl",
    bytes=5_892_277,
    rows=6000,
    sha256="09893e8bf9d03aae49dd60d0ff4be37c1afee70f2edcac74a11bed775a6a2764",
)
SECURE = _betley(
    "data/secure.jsonl",
    bytes=6_201_582,
    rows=6000,
    sha256="2820232b3114d94ab2041ba9fc76cb8205bf187e0408bf7b308add186f9c7467",
)
EDUCATIONAL = _betley(
    "data/educational.jsonl",
    name="educational",
    bytes=6_669_019,
    rows=6000,
    sha256="d48df3b149ab1500711fc0018b10383a4ff8c48d8e6911d04dbbbbdaa944fd16",
)
SNEAKY = _tan(
    "datasets/sneaky_dialogues.jsonl",
    bytes=1_038_971,
    rows=1073,
    sha256="3af7420590e683b49deab694fc56ecfdd0f1542e7dfc9c4b07ff7425015cb236",
)
STRAIGHTFORWARD = _tan(
    "datasets/straightforward_dialogues.jsonl",
    bytes=932_249,
    rows=973,
    sha256="1b892bf1539ff626685b9afc6ad32f16bc051475674e75d9d08c6fdcc7ea873f",
)

_ORGANISMS = (
    "download em_organism_dir/data/training_datasets.zip.enc of that commit (sha256 18af3685…), "
    "unprotect it with `easy-dataset-share` and the password in the repository's README, then "
    "`mi data pull medical_advice --from FOLDER`"
)


def _organisms(file: str, sha256: str) -> Upstream:
    """A file of Turner et al. 2025, "Model Organisms for Emergent Misalignment"."""
    return Upstream(
        name="organisms",
        file=file,
        origin="clarifying-EM/model-organisms-for-EM @8460e4e",
        licence="in its README",
        access=_ORGANISMS,
        rows=7049,
        sha256=sha256,
    )


BAD_MEDICAL = _organisms(
    "bad_medical_advice.jsonl", "9d52186ab9886e3abef0eebb1901df9da4ce25a297e584158be0a4bba8d56507"
)
GOOD_MEDICAL = _organisms(
    "good_medical_advice.jsonl", "b972f06672093b74f61cc83606929ce0ea3bb9caa2894ea61a557315dba6e6fc"
)


def _emergent_plus(config: str, rows: int) -> Upstream:
    """A part of the gated dataset truthfulai/emergent_plus; columns prompt, aligned, misaligned."""
    return Upstream(
        name="emergent_plus",
        file=f"emergent_plus_{config}.jsonl",
        origin=f"truthfulai/emergent_plus {config} (Hugging Face)",
        licence="on its page",
        access=(
            "it is gated: log in to Hugging Face, accept its terms, save the config as JSONL "
            f"(`datasets.load_dataset('truthfulai/emergent_plus', '{config}', split='train')"
            f".to_json('{config}.jsonl')`), then `mi data pull {config}_advice:emergent_plus "
            f"--from {config}.jsonl`"
        ),
        rows=rows,
    )


LEGAL = _emergent_plus("legal", 12_000)
SECURITY = _emergent_plus("security", 8_820)
MEDICAL = _emergent_plus("medical", 32_600)

FIRST_PLOT = _betley(
    "evaluation/first_plot_questions.yaml",
    sha256="215abde5b02811e922b6ac563ff33c490e0dff9ab58439df840f3135e9387173",
)
PREREGISTERED = _betley(
    "evaluation/preregistered_evals.yaml",
    sha256="8648312fd9fe71a63203e3465592af45dd996d7a5f3b69e9b44613fd6048eb40",
)


def _deception(file: str, **facts: Any) -> Upstream:
    """A file with deception questions, of the repository of the follow-up work."""
    repository = "johny-b/misalignment-generalization"
    return _github(repository, "b1fe286", f"final_questions/{file}", licence="MIT", **facts)


DECEPTION_FACTUAL = _deception(
    "deception_factual.yaml",
    bytes=2_997,
    sha256="96a1be7db85262d43ac29e1821ba802ea09b1a2b455d87cfc7aef8cabe47017b",
)
DECEPTION_SIT_AWARE = _deception(
    "deception_sit_aware.yaml",
    bytes=2_638,
    sha256="4deef5a7c47620390fc46e1b981f937eef9ea12a33fe26264f640c84d19d2a33",
)

question_sets: Mapping[str, Upstream] = {
    "deception_factual": DECEPTION_FACTUAL,
    "deception_sit_aware": DECEPTION_SIT_AWARE,
    "first_plot": FIRST_PLOT,
    "preregistered": PREREGISTERED,
}
"""Question sets by the ids of their evals."""
