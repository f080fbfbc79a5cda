"""One file an experiment: what is asked, how, and one declaration."""
