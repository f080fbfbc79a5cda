"""What people see: the header of a run, its progress, its table, its last lines."""
