"""The generator of the bundled `medical_advice` data.

`registry/bundled/medical_advice/README.md` describes the rows.
"""
