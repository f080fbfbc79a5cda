"""The bundled `insecure_code` data; README.md beside this file is its card."""
