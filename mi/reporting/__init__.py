"""What people see: a run's header, progress and summary; tables, figures and the page."""
