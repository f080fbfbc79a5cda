"""Settings: every `Setting` that a module of this package declares is registered.

Each is an attribute and an item of this package: `from registry.settings import insecure_code`,
`registry.settings["insecure_code"]`. Bundled data of a setting lie in `registry/bundled/<id>`, with
a card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mi.plugins import SETTINGS
from mi.spec import Setting

from ..discovery import discover

if TYPE_CHECKING:  # `discover` adds these at runtime
    from .insecure_code import insecure_code as insecure_code
    from .legal_advice import legal_advice as legal_advice
    from .medical_advice import medical_advice as medical_advice
    from .reward_hacking import reward_hacking as reward_hacking
    from .security_advice import security_advice as security_advice

discover(__name__, Setting, SETTINGS)
