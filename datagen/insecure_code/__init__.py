"""The generator of the bundled `insecure_code` data.

`registry/bundled/insecure_code/README.md` describes the rows.
"""
