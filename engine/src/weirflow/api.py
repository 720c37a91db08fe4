"""The public surface: all that a plugin may import, with `weirflow.testing`.

Nothing here loads a table engine; `import weirflow.api` costs what pydantic costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from weirflow.errors import NodeError, did_you_mean
from weirflow.node.code import PandasCode
from weirflow.node.columns import ColumnMark, ColumnName, Columns, NewColumn, Selector, mark_personal
from weirflow.node.contexts import (
    CsvFormat,
    FileFact,
    Item,
    ItemOutput,
    ItemResult,
    JobContext,
    Parts,
    Receipt,
    ServiceContext,
    SourceContext,
    SourceFacts,
    TableEngine,
    Target,
)
from weirflow.node.delimited import csv_records
from weirflow.node.deprecation import Deprecated
from weirflow.node.effect import SAME_ROWS, Effect, Made, Rows
from weirflow.node.imported import ImportedFlow, ImportedNode, Interpolated
from weirflow.node.model import (
    Analysis,
    Estimator,
    Handling,
    Job,
    Location,
    Node,
    NullWord,
    Origin,
    PersonalColumns,
    Service,
    Sink,
    Source,
    Task,
    Transform,
)
from weirflow.node.payloads import File, Files, Graph, Index, Inputs, Model, Port, PortType
from weirflow.node.report import Block, Cell, Chart, Metric, Notice, Report, TableBlock, Text
from weirflow.node.schema import (
    BOOLEAN,
    DATE,
    DATETIME,
    FLOAT64,
    INT64,
    STRING,
    Column,
    DType,
    Open,
    Schema,
)
from weirflow.node.statistics import (
    Answers,
    Binned,
    Count,
    CrossFrequencies,
    Deviation,
    Distinct,
    Frequencies,
    Head,
    Maximum,
    Mean,
    Minimum,
    Quantile,
    Query,
    RowCount,
    Sample,
    Scalar,
    Statistic,
    Sum,
)
from weirflow.node.trained import Nothing, TrainedParameters
from weirflow.plugins.hookspecs import API_VERSION, ImporterReference, NodeReference, Upgrade, hookimpl

if TYPE_CHECKING:
    from weirflow import remote
    from weirflow.engines import compat as portable
    from weirflow.node.payloads import Table

__all__ = [
    "API_VERSION",
    "BOOLEAN",
    "DATE",
    "DATETIME",
    "FLOAT64",
    "INT64",
    "SAME_ROWS",
    "STRING",
    "Analysis",
    "Answers",
    "Binned",
    "Block",
    "Cell",
    "Chart",
    "Column",
    "ColumnMark",
    "ColumnName",
    "Columns",
    "Count",
    "CrossFrequencies",
    "CsvFormat",
    "DType",
    "Deprecated",
    "Deviation",
    "Distinct",
    "Effect",
    "Estimator",
    "Field",
    "File",
    "FileFact",
    "Files",
    "Frequencies",
    "Graph",
    "Handling",
    "Head",
    "ImportedFlow",
    "ImportedNode",
    "ImporterReference",
    "Index",
    "Inputs",
    "Interpolated",
    "Item",
    "ItemOutput",
    "ItemResult",
    "Job",
    "JobContext",
    "Location",
    "Made",
    "Maximum",
    "Mean",
    "Metric",
    "Minimum",
    "Model",
    "NewColumn",
    "Node",
    "NodeError",
    "NodeReference",
    "Nothing",
    "Notice",
    "NullWord",
    "Open",
    "Origin",
    "PandasCode",
    "Parts",
    "PersonalColumns",
    "Port",
    "PortType",
    "Quantile",
    "Query",
    "Receipt",
    "Report",
    "RowCount",
    "Rows",
    "Sample",
    "Scalar",
    "Schema",
    "Selector",
    "Service",
    "ServiceContext",
    "Sink",
    "Source",
    "SourceContext",
    "SourceFacts",
    "Statistic",
    "Sum",
    "Table",
    "TableBlock",
    "TableEngine",
    "Target",
    "Task",
    "Text",
    "TrainedParameters",
    "Transform",
    "Upgrade",
    "csv_records",
    "did_you_mean",
    "hookimpl",
    "mark_personal",
    "portable",
    "remote",
]


def __getattr__(name: str) -> Any:
    """Load what is costly, or seldom needed, only when it is asked for."""
    if name == "portable":
        from weirflow.engines import compat

        return compat
    if name == "remote":
        import weirflow.remote

        return weirflow.remote
    if name == "Table":
        import narwhals as nw

        return nw.LazyFrame
    raise AttributeError(f"module 'weirflow.api' has no attribute '{name}'")
