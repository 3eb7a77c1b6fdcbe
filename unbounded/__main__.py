"""`python -m unbounded`: the same as the command `unbounded`."""

import sys

from unbounded.cli import main

sys.exit(main(sys.argv[1:]))
