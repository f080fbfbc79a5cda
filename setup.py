"""Which packages are installed; all other metadata stands in pyproject.toml.

`experiments/` is installed as `registry.experiments`, because a top-level package of that name
would shadow the `experiments/` folder of a user's project. `datagen/` is not installed.
"""

from setuptools import find_packages, setup

setup(
    packages=[
        *find_packages(include=["mi", "mi.*", "registry", "registry.*"]),
        "registry.experiments",
        *(f"registry.{name}" for name in find_packages(include=["experiments.*"])),
    ],
    package_dir={"registry.experiments": "experiments"},
)
