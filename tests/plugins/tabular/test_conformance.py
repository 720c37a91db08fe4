"""Every node of the family keeps the node specification."""

from __future__ import annotations

import io
import sqlite3
from datetime import date

import polars as pl
from pyarrow import orc

from weirflow.testing import Case, conformance
from weirflow_tabular.columns import DropColumns, DuplicateColumn, KeepColumns, MoveColumns, RenameColumns
from weirflow_tabular.columns_concat import ConcatColumns
from weirflow_tabular.custom import CustomPandas, CustomPyspark
from weirflow_tabular.dates import ExtractDate
from weirflow_tabular.encode import OrdinalEncode
from weirflow_tabular.formula import Formula
from weirflow_tabular.joins import JoinTables
from weirflow_tabular.mapping import MapValues
from weirflow_tabular.missing import DropMissing, FillMissing, ImputeMissing, MissingIndicator
from weirflow_tabular.one_hot import OneHotEncode
from weirflow_tabular.outliers import (
    QuantileOutliers,
    RangeOutliers,
    ReplaceRare,
    StandardDeviationOutliers,
)
from weirflow_tabular.read import ReadCsv, ReadParquet
from weirflow_tabular.read_json import ReadJson, ReadNdjson
from weirflow_tabular.read_orc import ReadOrc
from weirflow_tabular.read_sql import ReadSql
from weirflow_tabular.rows import DropDuplicates, LimitRows, SortRows
from weirflow_tabular.rows_filter import FilterRows
from weirflow_tabular.scale import MaxAbsScale, MinMaxScale, RobustScale, StandardScale
from weirflow_tabular.series import ValidateSeries
from weirflow_tabular.splits import SplitRandomly
from weirflow_tabular.sql import CustomSql
from weirflow_tabular.text import SplitText
from weirflow_tabular.text_edit import RemoveSymbols, ReplaceText, StripText
from weirflow_tabular.text_features import VectoriseText
from weirflow_tabular.text_find import (
    ExtractText,
    FindAllText,
    FindText,
    MatchText,
    SliceText,
    TextToMissing,
)
from weirflow_tabular.text_format import AffixText, ChangeCase, PadText
from weirflow_tabular.text_statistics import TextStatistics
from weirflow_tabular.text_validate import ValidateText
from weirflow_tabular.types import CastColumns, InferTypes
from weirflow_tabular.vectors import FlattenVector
from weirflow_tabular.vectors_assemble import AssembleVector
from weirflow_tabular.write import WriteCsv, WriteParquet
from weirflow_tabular.write_sql import WriteSql

FRAME = pl.DataFrame(
    {
        "age": [31, 42, None, 27, 31],
        "pay": [2.5, None, 0.0, -1.25, 1e4],
        "city": ["Rome", "Oslo", None, "Rome", "São Tomé"],
        "member": [True, False, None, True, True],
        "since": [date(2020, 2, 29), None, date(1999, 12, 31), date(2024, 1, 1), date(2024, 1, 1)],
    }
)
TIMES = FRAME.select("age", at=pl.col("since").cast(pl.Datetime("us")).dt.offset_by("90m"))
LISTS = pl.DataFrame({"n": [1, 2, None], "parts": [["a", "b"], None, ["c"]]})
TEXT = pl.DataFrame(
    {
        "n": ["1", "2", None],
        "x": ["0.5", "2", "-1e3"],
        "when": ["2020-01-31", None, "2021-12-01"],
        "free": ["a", "", "b c"],
    }
)

CSV = "name,age,pay,member,since\nann,31,2.5,true,2020-02-29\nbob,,0.1,false,\n,27,,,1999-12-31\n"


def parquet():
    file = io.BytesIO()
    FRAME.write_parquet(file)
    return file.getvalue()


COLUMNS = [
    (DropColumns, Case({"columns": ["pay", "city"]}, FRAME)),
    (KeepColumns, Case({"columns": ["city", "age"]}, FRAME)),
    (RenameColumns, Case({"columns": {"age": "pay", "pay": "age", "city": "town"}}, FRAME)),
    (MoveColumns, Case({"columns": ["since", "city"], "to": "after", "target": "age"}, FRAME)),
    (MoveColumns, Case({"columns": {"type": "string"}, "to": "start"}, FRAME, name="selector")),
    (DuplicateColumn, Case({"column": "city", "output": "town"}, FRAME)),
    (CastColumns, Case({"types": {"age": "float64", "member": "int64", "since": "string"}}, FRAME)),
    (
        CastColumns,
        Case({"types": {"n": "int64", "x": "float64", "when": "date"}, "invalid": "null"}, TEXT, name="text"),
    ),
    (
        CastColumns,
        Case(
            {"types": {"n": "int64", "free": "float64"}, "invalid": "null", "rules": "spark"},
            TEXT,
            name="spark",
        ),
    ),
    (InferTypes, Case({}, TEXT)),
    (InferTypes, Case({"rules": "spark"}, TEXT, name="spark")),
]
RANGE = {"columns": "pay", "minimum": 0, "maximum": 10}
ROWS = [
    (FilterRows, Case({"column": "age", "is": ">=", "value": 30}, FRAME)),
    (FilterRows, Case({"column": "city", "is": "not_in", "value": ["Rome"]}, FRAME, name="not_in")),
    (LimitRows, Case({"n": 2}, FRAME)),
    (SortRows, Case({"by": ["city", "age"], "descending": [True, False]}, FRAME)),
    (DropDuplicates, Case({"columns": ["city", "member"]}, FRAME)),
    (DropDuplicates, Case({}, FRAME, name="all")),
    (FillMissing, Case({"columns": ["age", "pay"], "value": 7}, FRAME)),
    (FillMissing, Case({"columns": "since", "value": "2000-01-01"}, FRAME, name="date")),
    (ImputeMissing, Case({"columns": {"type": "numeric"}}, FRAME)),
    (
        ImputeMissing,
        Case({"columns": ["city", "member"], "strategy": "most_frequent"}, FRAME, name="most_frequent"),
    ),
    (DropMissing, Case({"columns": ["age", "city"]}, FRAME)),
    (DropMissing, Case({}, FRAME, name="all")),
    (
        FillMissing,
        Case({"columns": ["free", "n"], "value": "0", "parse": True, "blank": True}, TEXT, name="blank"),
    ),
    (ImputeMissing, Case({"columns": ["age"], "strategy": "median_low"}, FRAME, name="median_low")),
    (
        ImputeMissing,
        Case({"columns": ["free"], "strategy": "most_frequent", "blank": True}, TEXT, name="blank"),
    ),
    (DropMissing, Case({"columns": ["free", "n"], "blank": True}, TEXT, name="blank")),
    (MissingIndicator, Case({"columns": ["age", "city"]}, FRAME)),
    (MissingIndicator, Case({"columns": "free", "output": "gone", "blank": True}, TEXT, name="blank")),
    (StandardDeviationOutliers, Case({"columns": ["age", "pay"], "deviations": 1}, FRAME)),
    (
        StandardDeviationOutliers,
        Case({"columns": "pay", "robust": True, "fix": "null"}, FRAME, name="robust"),
    ),
    (QuantileOutliers, Case({"columns": ["pay"], "lower": 0.2, "upper": 0.8, "fix": "remove"}, FRAME)),
    (
        RangeOutliers,
        Case({"columns": "pay", "minimum": 0, "maximum": 10, "fix": "remove", "drop_missing": True}, FRAME),
    ),
    (ReplaceRare, Case({"columns": "city", "count": 1, "missing": True}, FRAME)),
    (SplitRandomly, Case({"shares": {"train": 0.6, "test": 0.4}, "seed": 3}, FRAME)),
]
OTHER = {"right": pl.DataFrame({"city": ["Rome", "Rome", "Lima", None], "pay": [1.0, 2.0, 3.0, 4.0]})}
KEYS = {"left_on": ["city"], "right_on": ["city"]}
JOINS = [
    (JoinTables, Case({"on": ["city"]}, FRAME, others=OTHER)),
    (JoinTables, Case({"on": ["city"], "how": "full"}, FRAME, others=OTHER, name="full")),
    (
        JoinTables,
        Case(
            {"left_on": ["city"], "right_on": ["city"], "how": "right", "names": "spark"},
            FRAME,
            others=OTHER,
            name="spark",
        ),
    ),
    (JoinTables, Case({"on": ["city"], "how": "anti"}, FRAME, others=OTHER, name="anti")),
]
KEEP = {"unseen": "keep", "missing": "keep"}
VALUES = [
    (SplitText, Case({"column": "city", "delimiter": " ", "output": ["first", "rest"], "drop": True}, FRAME)),
    (SplitText, Case({"column": "city", "delimiter": ".", "output": "parts"}, FRAME, name="list")),
    (ChangeCase, Case({"columns": "city", "to": "upper"}, FRAME)),
    (StripText, Case({"columns": ["city"], "characters": "Ro", "side": "left"}, FRAME)),
    (RemoveSymbols, Case({"columns": ["city"], "characters": "ãe]^"}, FRAME)),
    (
        ReplaceText,
        Case({"columns": "city", "pattern": "([aeo])", "replacement": "<$1>", "output": "marked"}, FRAME),
    ),
    (FlattenVector, Case({"column": "parts", "length": 2}, LISTS)),
    (OrdinalEncode, Case({"columns": ["city", "member"]}, FRAME)),
    (OrdinalEncode, Case({"columns": "city", "output": "code", "unseen": "keep"}, FRAME, name="output")),
    (OneHotEncode, Case({"columns": "city", "unseen": "ignore"}, FRAME)),
    (
        OneHotEncode,
        Case({"columns": ["city", "pay"], "as_text": True, "type": "float64"}, FRAME, name="text"),
    ),
    (OneHotEncode, Case({"columns": ["city", "age"], "vector": True, **KEEP}, FRAME, name="vector")),
    (OneHotEncode, Case({"columns": "city", "unseen": "drop", "missing": "drop"}, FRAME, name="drop")),
    (
        OrdinalEncode,
        Case({"columns": ["age"], "as_text": True, "unseen": "keep", "missing": "keep"}, FRAME, name="text"),
    ),
    (
        OrdinalEncode,
        Case({"columns": ["city", "age"], "missing": "drop", "type": "float64"}, FRAME, name="drop"),
    ),
    (
        OneHotEncode,
        Case({"columns": ["age", "member"], "drop_last": True, "keep_original": True}, FRAME, name="two"),
    ),
    (MapValues, Case({"columns": "city", "mapping": {"Rome": 1, "Oslo": 2}, "otherwise": "null"}, FRAME)),
    (
        MapValues,
        Case(
            {"columns": "age", "mapping": {"31": 0}, "otherwise": "keep", "output": "new"}, FRAME, name="keep"
        ),
    ),
]
SCALES = [
    (StandardScale, Case({"columns": {"type": "numeric"}, "center": True}, FRAME)),
    (RobustScale, Case({"columns": ["age", "pay"], "center": True}, FRAME)),
    (MinMaxScale, Case({"columns": ["pay"], "minimum": -1}, FRAME)),
    (MaxAbsScale, Case({"columns": ["age", "pay"]}, FRAME)),
]
FILES = [
    (ReadCsv, Case({"path": "in.csv"}, files={"in.csv": CSV})),
    (ReadParquet, Case({"path": "in.parquet"}, files={"in.parquet": parquet()})),
    (WriteCsv, Case({"path": "out.csv"}, FRAME)),
    (WriteCsv, Case({"path": "out.csv"}, TIMES, name="times")),
    (WriteParquet, Case({"path": "out.parquet"}, FRAME)),
]
JSON = '[{"name": "ann", "age": 31, "tags": ["a"], "home": {"city": "Rome"}}, {"pay": 0.5}, {"name": null}]'
NDJSON = '{"name": "ann", "pay": 2.5}\n{"name": null, "tags": ["a"]}\n{"age": 27, "home": {"city": "Rome"}}\n'


def orc_file():
    file = io.BytesIO()
    orc.write_table(FRAME.to_arrow(compat_level=pl.CompatLevel.oldest()), file)
    return file.getvalue()


def sqlite_file():
    connection = sqlite3.connect(":memory:")
    connection.executescript("create table t (name, pay); insert into t values ('ann', 2.5), (null, 1);")
    made = connection.serialize()
    connection.close()
    return made


READS = [
    (
        ReadSql,
        Case({"url": "sqlite:///in.db", "query": "select * from t"}, files={"in.db": sqlite_file()}),
    ),
    (
        WriteSql,
        Case(
            {"url": "sqlite:///out.db", "table": "t", "if_exists": "replace"},
            FRAME,
            quirks={"process.files": "rows wait in a temporary file of its own for the transaction"},
        ),
    ),
    (ReadJson, Case({"path": "in.json"}, files={"in.json": JSON})),
    (ReadNdjson, Case({"path": "in.ndjson"}, files={"in.ndjson": NDJSON})),
    (ReadOrc, Case({"path": "in.orc"}, files={"in.orc": orc_file()})),
]
SNIPPET = "df['pay'] = df['pay'].fillna(0)\ndf = df[['pay', 'city']]"
NAMES = {"rows.names": "the formula itself names columns"}
CUSTOM = [
    (Formula, Case({"formula": "age * 2 + abs(pay) / 3", "output": "score"}, FRAME, quirks=NAMES)),
    (
        CustomPyspark,
        Case(
            {"code": "df = df.filter(df.age > 28).select('age', 'city', 'since')"},
            FRAME,
            examples=1,
            quirks={
                "rows.names": "the snippet itself names columns",
                **dict.fromkeys(
                    ("process.files", "process.network", "process.children"),
                    "Spark is a process of its own, spoken to on loopback, and tables go there as files",
                ),
            },
        ),
    ),
    (
        CustomSql,
        Case(
            {"query": "SELECT city, sum(age) AS age, avg(pay) AS pay FROM df GROUP BY city ORDER BY city"},
            FRAME,
            quirks={"rows.names": "the query itself names columns"},
        ),
    ),
    (CustomPandas, Case({"code": SNIPPET}, FRAME, quirks={"rows.names": "the snippet itself names columns"})),
]
TEXTS = [
    (VectoriseText, Case({"column": "city"}, FRAME)),
    (VectoriseText, Case({"column": "city", "to": "vector", "idf": True}, FRAME, name="vector")),
    (VectoriseText, Case({"column": "city", "to": "sparse", "binary": True}, FRAME, name="sparse")),
    (TextStatistics, Case({"column": "city"}, FRAME)),
    (
        SplitText,
        Case(
            {"column": "city", "delimiter": "[ om]+", "regex": True, "output": "parts"}, FRAME, name="regex"
        ),
    ),
    (
        SplitText,
        Case(
            {"column": "city", "delimiter": "o", "limit": 2, "output": ["first", "rest"]}, FRAME, name="limit"
        ),
    ),
    (ConcatColumns, Case({"columns": ["free", "n"], "output": "both", "delimiter": "-"}, TEXT)),
    (ConcatColumns, Case({"columns": ["city", "pay", "member"], "output": "all"}, FRAME, name="types")),
    (ConcatColumns, Case({"columns": ["n", "when"], "output": "n", "missing": "skip"}, TEXT, name="skip")),
    (ChangeCase, Case({"columns": "city", "to": "capitalised"}, FRAME, name="capitalised")),
    (ChangeCase, Case({"columns": "city", "to": "swapped"}, FRAME, name="swapped")),
    (PadText, Case({"columns": "city", "width": 7, "side": "both", "character": "*"}, FRAME)),
    (PadText, Case({"columns": ["city"], "width": 3, "truncate": True}, FRAME, name="truncate")),
    (AffixText, Case({"columns": "city", "prefix": "<", "suffix": ">", "output": "marked"}, FRAME)),
    (FindText, Case({"columns": "city", "substring": "o"}, FRAME)),
    (
        FindText,
        Case({"columns": "city", "substring": "o", "last": True, "type": "float64"}, FRAME, name="last"),
    ),
    (MatchText, Case({"columns": "city", "pattern": "o|r", "at": "start", "ignore_case": True}, FRAME)),
    (MatchText, Case({"columns": "city", "pattern": "R|Ro.e", "at": "whole"}, FRAME, name="whole")),
    (FindAllText, Case({"columns": "city", "pattern": "[a-z]o?"}, FRAME)),
    (ExtractText, Case({"columns": "city", "pattern": "o(m)?(.)"}, FRAME)),
    (
        ExtractText,
        Case({"columns": "city", "pattern": "[a-n]+", "otherwise": "none"}, FRAME, name="otherwise"),
    ),
    (SliceText, Case({"columns": "city", "start": 1, "stop": 3}, FRAME)),
    (
        SliceText,
        Case({"columns": "city", "start": 2, "stop": 3, "replacement": "~"}, FRAME, name="replacement"),
    ),
    (TextToMissing, Case({"columns": "city", "pattern": "R.*"}, FRAME)),
    (TextToMissing, Case({"columns": "city", "pattern": "R.*", "where": "differs"}, FRAME, name="differs")),
    (ValidateText, Case({"columns": "city", "check": "letters"}, FRAME)),
    (
        ValidateText,
        Case(
            {"columns": "city", "check": "starts_with", "text": "Ro", "type": "int64"}, FRAME, name="starts"
        ),
    ),
    (ValidateText, Case({"columns": "city", "check": "length", "maximum": 4}, FRAME, name="length")),
]

# vectors
MIXED = pl.DataFrame(
    {
        "n": [1, None, 3],
        "yes": [True, False, None],
        "dense": [[0.5, 2.0], [1.0, 0.0], None],
        "sparse": [
            {"size": 3, "indices": [1], "values": [4.0]},
            {"size": 3, "indices": [], "values": []},
            {"size": 3, "indices": [0, 2], "values": [1.0, 2.0]},
        ],
    }
)
VECTORS = [
    (AssembleVector, Case({"columns": ["n", "sparse", "yes", "dense"], "output": "all"}, MIXED)),
    (FlattenVector, Case({"column": "sparse", "length": 4}, MIXED, name="sparse")),
]

# dates
EVERY = ["year", "month", "day", "hour", "minute", "second", "week_of_year", "day_of_year", "quarter"]
DAYS = pl.DataFrame({"day": ["2020-02-29", "no day", None, "3 May 2021 10:30"], "n": [1, 2, 3, 4]})
DATES = [
    (ExtractDate, Case({"column": "since", "parts": EVERY}, FRAME)),
    (
        ExtractDate,
        Case({"column": "since", "style": "cyclic", "start": 0, "drop": True}, FRAME, name="cyclic"),
    ),
    (ExtractDate, Case({"column": "day", "parts": EVERY, "to": "vector", "prefix": "v"}, DAYS, name="text")),
    (ValidateSeries, Case({"column": "day", "invalid": "drop"}, DAYS)),
    (ValidateSeries, Case({"column": "day", "invalid": "mark", "cast": True}, DAYS, name="mark")),
]

CASES = [*DATES, *VECTORS, *TEXTS, *COLUMNS, *ROWS, *JOINS, *VALUES, *SCALES, *FILES, *READS, *CUSTOM]

test_conformance = conformance(*CASES)
