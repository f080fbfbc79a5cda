"""The bundled `security_advice` data; README.md beside this file is its card."""
