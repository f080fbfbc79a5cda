"""The bundled `broad` questions; README.md beside this file is their card."""
