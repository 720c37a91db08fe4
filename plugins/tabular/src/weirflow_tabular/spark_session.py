"""A Spark of one's own, on this machine only: a table in, what code makes of it out."""

from __future__ import annotations

import logging
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from weirflow.api import NodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame, SparkSession

_AT_START = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.catalogImplementation": "in-memory",
}
_ALWAYS = {
    # as Data Wrangler's Spark: what cannot be cast is null, overflow wraps
    "spark.sql.ansi.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.runSQLOnFiles": "false",  # a query reads its table and nothing else
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    # parts, and so random numbers and the order of groups, do not depend on how many cores there are
    "spark.sql.shuffle.partitions": "16",
    "spark.sql.files.minPartitionNum": "1",
}
_LOGGERS = ("DataFrameQueryContextLogger", "SQLQueryContextLogger")
_NAMING = {"AnalysisException", "ParseException"}
"""Errors of Spark's whose text names columns and functions, not values."""
_STRANGE = (pl.Time, pl.Duration, pl.Object)


def session() -> SparkSession:
    """The Spark session of this process; the first call starts it, which takes seconds. Raises NodeError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pandas 3, which pyspark does not promise yet
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise NodeError(
                "Spark is needed, and pyspark is not installed",
                hint="install the extra: weirflow[spark]; it needs Java 17 as well",
            ) from None
        spark = SparkSession.getActiveSession() or _start()
    for key, value in _ALWAYS.items():
        spark.conf.set(key, value)
    return spark


def _start() -> SparkSession:
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    home = os.environ.get("JAVA_HOME")
    if not (home and (Path(home) / "bin" / "java").exists()) and shutil.which("java") is None:
        raise NodeError(
            "Spark is needed, and it needs Java, which is not here", hint="install Java 17 or newer"
        )
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # for functions that run in workers of its own
    for name in _LOGGERS:
        logging.getLogger(name).disabled = True
    conf = SparkConf().setMaster("local[*]").setAppName("weirflow")
    conf.setAll([("spark.driver.memory", f"{_memory()}m"), *_AT_START.items()])
    heeding = signal.getsignal(signal.SIGINT)
    with tempfile.TemporaryFile() as said:
        try:
            gateway = launch_gateway(  # type: ignore[no-untyped-call]
                conf, popen_kwargs={"stderr": said}
            )
            context = SparkContext(conf=conf, gateway=gateway)
        except (PySparkRuntimeError, OSError) as error:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines() or [str(error)]
            raise NodeError(
                f"Spark did not start: {lines[-1].strip()}", hint="it needs Java 17 or newer"
            ) from None
        finally:  # Spark takes the signal for itself
            if threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, heeding)
    context.setLogLevel("OFF")
    return SparkSession(context)


def _memory() -> int:
    """What Spark may take: two fifths of the machine's memory, in MiB."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(1024, whole * 2 // 5)


def through_spark(frame: pl.DataFrame, work: Callable[[SparkSession, DataFrame], Any]) -> pl.DataFrame:
    """What `work` makes of a table as a Spark frame, as a table again. Raises NodeError.

    Columns of times are timestamps in UTC there; they come back as they were, new ones without a time zone.
    Vectors come back as lists. Rows keep the order that Spark gives them.
    """
    given = frame.with_columns(_known_to_spark(frame))
    spark = session()
    with tempfile.TemporaryDirectory() as folder:
        # columns by number, since Parquet and Spark mind characters in names that tables do not
        given.rename({c: str(i) for i, c in enumerate(given.columns)}).write_parquet(f"{folder}/in.parquet")
        made = work(spark, spark.read.parquet(f"{folder}/in.parquet").toDF(*frame.columns))
        names = list(made.columns)
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise NodeError(f"two columns are called '{twice}' at the end", code="WF403")
        numbered = _plain(made).toDF(*(str(i) for i in range(len(names))))
        numbered.write.parquet(f"{folder}/out")
        back = pl.read_parquet(f"{folder}/out/*.parquet")
    return pl.DataFrame([_restored(back[str(i)].alias(n), frame.schema) for i, n in enumerate(names)])


def _known_to_spark(frame: pl.DataFrame) -> list[pl.Series]:
    changed = []
    for column in frame:
        dtype = column.dtype
        if isinstance(dtype, _STRANGE):
            raise NodeError(
                f"column '{column.name}' is of type {dtype}, which Spark has not",
                hint="cast it to text before",
                code="WF402",
            )
        if isinstance(dtype, (pl.Categorical, pl.Enum, pl.Null)):
            changed.append(column.cast(pl.String))
        elif isinstance(dtype, pl.Datetime):
            changed.append(column.cast(pl.Datetime("us", dtype.time_zone)))
    return changed


def _plain(made: DataFrame) -> DataFrame:
    """The frame with columns that a Parquet file can hold."""
    from pyspark.ml.functions import vector_to_array
    from pyspark.sql.types import DataType, UserDefinedType

    columns = []
    for number, field in enumerate(made.schema.fields):
        column = made[_quoted(field.name)]
        kind: DataType = field.dataType
        if kind.typeName() == "void":
            column = column.cast("string")
        elif isinstance(kind, UserDefinedType):
            if kind.typeName() not in {"vector", "vectorudt"}:
                raise NodeError(
                    f"column '{field.name}' is of type {kind.typeName()} at the end", code="WF402"
                )
            column = vector_to_array(column)
        columns.append(column.alias(str(number)))
    return made.select(*columns)


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _restored(column: pl.Series, before: pl.Schema) -> pl.Series:
    dtype = column.dtype
    if isinstance(dtype, pl.Datetime):
        old = before.get(column.name)
        zone = old.time_zone if isinstance(old, pl.Datetime) else None
        return column.dt.convert_time_zone(zone) if zone else column.dt.replace_time_zone(None)
    return column.fill_nan(None) if dtype.is_float() else column


def told(error: BaseException) -> str | None:
    """What Spark says in an error, where that names no values; None for errors that are not Spark's."""
    condition = getattr(error, "getCondition", None)
    if condition is None:
        return None
    text = (str(error).splitlines() or [""])[0]
    text = re.sub(r"^\[[\w.]+\]\s*|\s*SQLSTATE: \w+;?$", "", text)
    python = type(error).__module__ == "pyspark.errors.exceptions.base"
    return text if type(error).__name__ in _NAMING or python else str(condition() or "")


def blamed(error: BaseException, source: str) -> tuple[int, str]:
    """The line of a snippet called `source` and the exception that a function of its raised inside Spark."""
    text = str(error)
    lines = re.findall(rf'File "{re.escape(source)}", line (\d+)', text)
    raised = re.findall(r"^(\w+(?:Error|Exception|Interrupt|Exit))\b", text, re.MULTILINE)
    return int(lines[-1]) if lines else 0, raised[-1] if raised else type(error).__name__
