"""A loopback server that stands in for the OpenAI API: it keeps books and injects faults."""

from tests.loopback.books import BatchRecord, Books, JobRecord, Upload
from tests.loopback.faults import Faults
from tests.loopback.server import Loopback
from tests.loopback.spec import Description
from tests.loopback.text import prompt_digest, tokens

__all__ = [
    "BatchRecord",
    "Books",
    "Description",
    "Faults",
    "JobRecord",
    "Loopback",
    "Upload",
    "prompt_digest",
    "tokens",
]
