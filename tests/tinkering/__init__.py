"""Stand-ins for a server of the Tinker API, and what gets in the way to one."""

from tests.tinkering.fake import Fake
from tests.tinkering.proxy import Fault, Proxy

__all__ = ["Fake", "Fault", "Proxy"]
