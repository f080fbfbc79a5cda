"""The generator of the bundled `legal_advice` data.

`registry/bundled/legal_advice/README.md` describes the rows.
"""
