"""The steps of the three kinds of unit: draw a mix, build a training job, run an eval.

A step gets its inputs as values, and paths where it reads or writes files. It knows no store, no
experiment and no command line. `mix` draws and writes rows, `train` builds the job that a
provider carries out, and `evaluate` runs an eval through its kind (`evals`); `scorers` score the
verdicts of judges. A provider resumes from the unit's directory, and an eval from its journals.
"""
