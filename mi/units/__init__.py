"""The cells of an experiment, the units of work they need, and the keys that identify units."""
