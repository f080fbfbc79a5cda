"""Stand-ins for a server of the Tinker API, and what gets in the way to one."""

from tests.support.fake_tinker.fake import Fake
from tests.support.fake_tinker.proxy import Fault, Proxy

__all__ = ["Fake", "Fault", "Proxy"]
