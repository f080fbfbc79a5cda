"""Settings: one module each, found by being here.

A module of this package declares one or more `Setting`s; each is an attribute of this package and
an item of it: `from registry.settings import insecure_code`, `registry.settings["insecure_code"]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mi.plugins import SETTINGS
from mi.spec import Setting

from ..discovery import discover

if TYPE_CHECKING:  # what the next line finds, for those who read types
    from .insecure_code import insecure_code as insecure_code
    from .legal_advice import legal_advice as legal_advice
    from .medical_advice import medical_advice as medical_advice
    from .reward_hacking import reward_hacking as reward_hacking
    from .security_advice import security_advice as security_advice

discover(__name__, Setting, SETTINGS)
