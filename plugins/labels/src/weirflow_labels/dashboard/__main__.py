"""`python -m weirflow_labels.dashboard NAME` prints a shipped spec, to be saved, edited and named in a flow."""

from __future__ import annotations

import sys

from weirflow_labels.dashboard.spec_file import SHIPPED, shipped_text

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in SHIPPED:  # noqa: PLR2004
        sys.exit(f"usage: python -m weirflow_labels.dashboard {{{','.join(SHIPPED)}}}")
    sys.stdout.write(shipped_text(sys.argv[1]))
