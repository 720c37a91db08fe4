"""Files of health records, read record by record: the one way in which all operators of the family read.

`records` gives the resources of a file, and what is set aside; `chunks` the ranges of a large file that can be read
apart.
"""

from __future__ import annotations

from weirflow_fhir.reading.lines import CHUNK, LIMIT, chunks, lines_before
from weirflow_fhir.reading.records import Bundles, Record, Reject, records
from weirflow_fhir.reading.source import ENDINGS

__all__ = ["CHUNK", "ENDINGS", "LIMIT", "Bundles", "Record", "Reject", "chunks", "lines_before", "records"]
