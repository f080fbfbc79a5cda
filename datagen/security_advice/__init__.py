"""The generator of the bundled `security_advice` data.

`registry/bundled/security_advice/README.md` describes the rows.
"""
