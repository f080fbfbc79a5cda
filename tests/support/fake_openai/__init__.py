"""A loopback server that stands in for the OpenAI API: it keeps books and injects faults."""

from tests.support.fake_openai.books import BatchRecord, Books, Completion, JobRecord, Upload
from tests.support.fake_openai.faults import CreateFault, Faults
from tests.support.fake_openai.server import Loopback
from tests.support.fake_openai.spec import Description
from tests.support.fake_openai.text import prompt_digest, tokens

__all__ = [
    "BatchRecord",
    "Books",
    "Completion",
    "CreateFault",
    "Description",
    "Faults",
    "JobRecord",
    "Loopback",
    "Upload",
    "prompt_digest",
    "tokens",
]
