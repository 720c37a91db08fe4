"""Models that Spark saved, as the vendor's file holds them: base85 of a zip of a folder. Read without Spark."""

from __future__ import annotations

import base64
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from weirflow.api import NodeError

_LARGEST = 256 * 2**20  # bytes unpacked: no honest model is near it
_MOST_VALUES = 20_000_000  # in one file: a vocabulary has a quarter of a million
_DAMAGED = (
    ValueError,
    TypeError,
    LookupError,
    OSError,
    EOFError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
)
"""What the libraries raise on files that are cut short or altered; RuntimeError covers a few of zip's own."""
_REFIT = "learn it anew from the data: --refit"


@dataclass(frozen=True)
class SparkModel:
    """A model: the name of its class without the package, its parameters with their defaults, its data's rows."""

    kind: str
    parameters: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]

    @property
    def row(self) -> Mapping[str, Any]:
        """The one row of most models."""
        if len(self.rows) != 1:
            raise NodeError(f"its {self.kind} has {len(self.rows)} rows, and 1 was expected", hint=_REFIT)
        return self.rows[0]


def decode(blob: object, *kinds: str) -> SparkModel:
    """Unpack a model of one of these classes. Raises NodeError that says what is wrong with it."""
    if not isinstance(blob, str):
        raise NodeError(f"a {kinds[0]} was expected, and is not there", hint=_REFIT)
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b85decode(blob))) as folder:
            return _read(folder, kinds)
    except _DAMAGED as error:
        raise NodeError(f"its {kinds[0]} does not decode ({type(error).__name__})", hint=_REFIT) from None


def kind_of(blob: object) -> str:
    """The class of a model, without its package; empty where it does not decode."""
    if not isinstance(blob, str):
        return ""
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b85decode(blob))) as folder:
            found = [
                n for n in folder.namelist() if n.rpartition("/")[2].startswith("part-") and "metadata" in n
            ]
            return str(json.loads(folder.read(found[0])).get("class", "")).rpartition(".")[2]
    except (ValueError, zipfile.BadZipFile, KeyError, IndexError, OSError, EOFError, NotImplementedError):
        return ""


def _read(folder: zipfile.ZipFile, kinds: tuple[str, ...]) -> SparkModel:
    if sum(i.file_size for i in folder.infolist()) > _LARGEST:
        raise NodeError(f"its {kinds[0]} is larger than {_LARGEST >> 20} MB", hint=_REFIT)
    metadata: Any = None
    rows: list[Mapping[str, Any]] = []
    for name in sorted(folder.namelist()):
        part = name.rpartition("/")[2]
        if not part.startswith("part-") or part.endswith(".crc"):
            continue
        if part.endswith(".parquet"):
            rows += _rows(folder.read(name), kinds[0])
        else:
            metadata = json.loads(folder.read(name))
    if not isinstance(metadata, Mapping):
        raise NodeError(f"its {kinds[0]} does not say what it is", hint=_REFIT)
    kind = str(metadata.get("class", "")).rpartition(".")[2]
    if kind not in kinds:
        raise NodeError(
            f"its model is of the class '{kind}', and {' or '.join(kinds)} was expected", hint=_REFIT
        )
    given = {**metadata.get("defaultParamMap", {}), **metadata.get("paramMap", {})}
    return SparkModel(kind, given, tuple(rows))


def _rows(file: bytes, kind: str) -> list[Mapping[str, Any]]:
    """The rows of a Parquet file. Few bytes may stand for any number of values: those are counted first."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        parquet = pq.ParquetFile(io.BytesIO(file))
        found = parquet.metadata
        groups = (found.row_group(g) for g in range(found.num_row_groups))
        values = sum(g.column(c).num_values for g in groups for c in range(g.num_columns))
        if max(values, found.num_rows) > _MOST_VALUES:
            raise NodeError(f"its {kind} holds {max(values, found.num_rows):,} values", hint=_REFIT)
        return list(parquet.read().to_pylist())
    except pa.ArrowException as error:
        raise ValueError(str(error)) from None


def vector(value: object) -> list[float]:
    """A Spark vector, dense or sparse, as a list. Raises NodeError on anything else."""
    if isinstance(value, Mapping):
        values = value.get("values") or []
        if value.get("type") == 1:
            return [float(v) for v in values]
        if value.get("type") == 0:
            dense = [0.0] * int(value.get("size") or 0)
            for place, number in zip(value.get("indices") or [], values, strict=True):
                dense[place] = float(number)
            return dense
    raise NodeError("its model holds something else than a vector", hint=_REFIT)
