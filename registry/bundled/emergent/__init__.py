"""The bundled `emergent` questions; README.md beside this file is their card."""
