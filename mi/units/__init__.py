"""What is done once: cells of an experiment, the units they need, and the keys that name them."""
