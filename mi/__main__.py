"""`python -m mi`."""

import sys

from mi.cli import main

sys.exit(main())
