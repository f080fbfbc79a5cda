"""The shipped experiments: one file each, with question, design, hypothesis and declaration."""
