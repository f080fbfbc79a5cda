"""Convert GGUF weights to a Hugging Face directory.

Loading a GGUF takes about half a minute and loading the directory about a second, so the conversion
is cached. The tokenizer keeps the GGUF's chat template. Weights are float32, which represents the
file's quantized values exactly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import ProviderError


def convert_gguf(gguf: Path, directory: Path) -> None:
    """Write config, weights, tokenizer and generation config of `gguf` into `directory`.

    Raises:
        ProviderError: transformers cannot read the file, or it has no chat template.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from .logging import quiet_transformers

    source: dict[str, Any] = {"pretrained_model_name_or_path": gguf.parent, "gguf_file": gguf.name}
    try:
        with quiet_transformers():
            model: Any = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.float32)
            tokenizer: Any = AutoTokenizer.from_pretrained(**source)
    except Exception as error:
        raise ProviderError(f"cannot convert {gguf.name}: {error}") from error
    if not tokenizer.chat_template:
        raise ProviderError(f"{gguf.name} has no chat template")
    directory.mkdir(parents=True, exist_ok=True)
    # The weights are plain floats now; with a quantization config the directory would not load.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config.architectures = [type(model).__name__]
    tied = set(getattr(model, "all_tied_weights_keys", None) or ())
    tensors = {
        name: tensor.contiguous() for name, tensor in model.state_dict().items() if name not in tied
    }
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    model.config.save_pretrained(directory)
    model.generation_config.save_pretrained(directory)
    tokenizer.save_pretrained(directory)
