"""The bundled `medical_advice` data; README.md beside this file is its card."""
