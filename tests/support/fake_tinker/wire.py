"""The binary parts of the Tinker API: what the SDK sends gradients' rows as, and reads back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tinker.proto import tinker_public_pb2 as public

BINARY = "application/x-protobuf"


def rows(body: bytes) -> tuple[str, int, list[tuple[list[int], list[int], list[float]]]]:
    """Model id, sequence number, and each row's tokens, targets and weights."""
    sent = public.ForwardBackwardRequest()
    sent.ParseFromString(body)
    found = []
    for datum in sent.data:
        chunks = [np.frombuffer(one.encoded_text.tokens, np.int32) for one in datum.model_input]
        inputs = datum.loss_fn_inputs
        found.append(
            (
                np.concatenate(chunks).tolist(),
                np.frombuffer(inputs["target_tokens"].dense, np.int64).tolist(),
                np.frombuffer(inputs["weights"].dense, np.float32).tolist(),
            )
        )
    return sent.model_id, sent.seq_id, found


def gradients(logprobs: Sequence[Sequence[float]]) -> bytes:
    """The answer to a batch: the log-probability of each target."""
    parts = [np.asarray(row, np.float32) for row in logprobs]
    sent = public.ForwardBackwardOutput()
    sent.loss_fn_output_type = "ArrayRecord"
    record = sent.loss_fn_outputs.add()
    record.num_datums = len(parts)
    tensor = record.fields["logprobs"]
    tensor.dtype = public.DTYPE_FLOAT32
    tensor.data = b"".join(part.tobytes() for part in parts)
    ends = np.cumsum([0, *(part.nbytes for part in parts)])
    tensor.offsets = ends.astype(np.int64).tobytes()
    made: bytes = sent.SerializeToString()
    return made


def samples(
    sequences: Sequence[tuple[Sequence[int], bool]], prompt_logprobs: Sequence[float] | None
) -> bytes:
    """Drawn tokens, and whether each ended by itself."""
    sent = public.SampleResponse()
    for tokens, stopped in sequences:
        one = sent.sequences.add()
        one.tokens = np.asarray(tokens, np.int32).tobytes()
        one.stop_reason = public.STOP_REASON_STOP if stopped else public.STOP_REASON_LENGTH
    if prompt_logprobs is not None:
        sent.prompt_logprobs = np.asarray(prompt_logprobs, np.float32).tobytes()
    made: bytes = sent.SerializeToString()
    return made
