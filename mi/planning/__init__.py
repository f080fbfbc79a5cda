"""From a command to a plan: what is to do, what it costs, how long it takes, what is redone."""
