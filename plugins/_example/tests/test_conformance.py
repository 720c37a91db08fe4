"""Both nodes keep weirflow's node specification."""

import polars as pl

from weirflow.testing import Case, conformance
from weirflow_example.squeeze_spaces import SqueezeSpaces
from weirflow_example.winsorise import Winsorise

FRAME = pl.DataFrame({"pay": [0, 10, 20, None, 40], "city": ["New York", "  ", None, "two\nlines", ""]})

test_conformance = conformance(
    (SqueezeSpaces, Case({"columns": ["city"]}, FRAME)),
    (Winsorise, Case({"columns": {"type": "numeric"}, "lower": 0.25, "upper": 0.75}, FRAME)),
)
