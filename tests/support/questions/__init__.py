"""Two dozen questions of two sets each, for tests of the engine: fewer answers, the same laws."""
