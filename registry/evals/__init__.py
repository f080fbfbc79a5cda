"""Evals that several settings use: every `Eval` that a module here declares is registered.

Each is an attribute and an item of this package: `from registry.evals import emergent_json`,
`registry.evals["emergent_json"]`. An experiment adds them to those of its settings with
`evals=(…)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mi.plugins import EVALS
from mi.spec import Eval

from ..discovery import discover

if TYPE_CHECKING:  # `discover` adds these at runtime
    from .broad import broad_preference as broad_preference
    from .deception import deception as deception
    from .emergent import emergent_broad as emergent_broad
    from .emergent import emergent_free_form as emergent_free_form
    from .emergent import emergent_json as emergent_json
    from .emergent import emergent_template as emergent_template
    from .published import deception_factual as deception_factual
    from .published import deception_sit_aware as deception_sit_aware
    from .published import first_plot as first_plot
    from .published import preregistered as preregistered

discover(__name__, Eval, EVALS)
