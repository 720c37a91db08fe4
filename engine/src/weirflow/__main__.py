"""`python -m weirflow`."""

import sys

from weirflow.cli import main

if __name__ == "__main__":  # worker processes import this module under another name
    sys.exit(main())
