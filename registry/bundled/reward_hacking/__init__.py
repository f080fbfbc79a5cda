"""The bundled `reward_hacking` data; README.md beside this file is its card."""
