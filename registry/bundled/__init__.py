"""Data that ships with the package, so that everything works with no download."""
