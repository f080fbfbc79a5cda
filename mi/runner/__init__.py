"""A run: the ready queue, the scheduler, the workers, and the executors that host them."""
