"""The generator of the bundled `reward_hacking` data.

`registry/bundled/reward_hacking/README.md` describes the rows.
"""
