"""docs/reference/api.md: every name that a plugin may import, as it is written and documented."""

from __future__ import annotations

import ast

import stubs
from prose import prose
from weirflow import api, testing

GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Kinds of node": (
        "A node derives from one of the kinds; [node.md](node.md) says what each keeps.",
        ("Node", "Source", "Transform", "Estimator", "Analysis", "Sink", "Task", "Job", "Service"),
    ),
    "Parameters": (
        "The fields of a node class. Pydantic's types do; these say more.",
        (
            *("Field", "ColumnName", "NewColumn", "Columns", "Selector", "ColumnMark", "Location"),
            *("Origin", "PersonalColumns", "Handling", "NullWord", "Deprecated", "mark_personal"),
        ),
    ),
    "Ports and what travels": (
        "`inputs` and `outputs` of a node class are tuples of ports.",
        ("Port", "PortType", "Inputs", "Table", "File", "Files", "Graph", "Index", "Model"),
    ),
    "Schemas": (
        "What is known of a table's columns before it is read.",
        (
            *("Schema", "Column", "Open", "DType"),
            *("INT64", "FLOAT64", "STRING", "BOOLEAN", "DATE", "DATETIME"),
        ),
    ),
    "Effects": ("What a node does to columns and rows.", ("Effect", "Made", "Rows", "SAME_ROWS")),
    "Statistics": (
        "What `ask` of an estimator or an analysis may yield. Each is also the key of its answer.",
        (
            *("Statistic", "Answers", "Scalar", "RowCount", "Count", "Distinct", "Sum", "Mean", "Deviation"),
            *("Minimum", "Maximum", "Quantile", "Frequencies", "CrossFrequencies", "Binned"),
            *("Head", "Sample", "Query"),
        ),
    ),
    "What is learned": ("What `fit` of an estimator returns.", ("TrainedParameters", "Nothing")),
    "Reports": (
        "What `report` of an analysis returns.",
        ("Report", "Block", "Metric", "TableBlock", "Chart", "Text", "Notice", "Cell"),
    ),
    "Sources and sinks": (
        "What they are given, and what they give back.",
        (
            "SourceContext",
            "SourceFacts",
            "FileFact",
            "CsvFormat",
            "csv_records",
            "Target",
            "Receipt",
            "Parts",
            "TableEngine",
        ),
    ),
    "Tasks, jobs and services": (
        "What they are given, and what they give back.",
        ("Item", "ItemOutput", "ItemResult", "JobContext", "ServiceContext"),
    ),
    "Importers": (
        "What is made of another program's flow.",
        ("ImporterReference", "ImportedFlow", "ImportedNode", "Interpolated"),
    ),
    "Errors": ("How a node says what its user can mend.", ("NodeError", "did_you_mean")),
    "Pandas code": ("What `to_pandas` writes into.", ("PandasCode",)),
    "Plugins": ("See [hooks](hooks.md).", ("hookimpl", "NodeReference", "Upgrade", "API_VERSION")),
}
MODULES = {"portable": "weirflow.engines.compat", "remote": "weirflow.remote"}

_HEAD = """\
# The API of plugins

All that a plugin may import: `weirflow.api`, and for its tests `weirflow.testing`. Importing `weirflow.api` loads no
table engine. Worked examples: [a source](../how-to/write-a-source.md), [a sink](../how-to/write-a-sink.md),
[an analysis](../how-to/write-an-analysis.md); [a plugin with a transform and an
estimator](../../plugins/_example/README.md).
"""


def page() -> str:
    """The page. Raises LookupError where a public name is in no group, or in two."""
    grouped = [*(n for _, names in GROUPS.values() for n in names), *MODULES]
    if sorted(grouped) != sorted(api.__all__):
        raise LookupError(f"in no group, or not public: {sorted({*grouped} ^ {*api.__all__})}")
    parts = [_HEAD]
    for title, (words, names) in GROUPS.items():
        parts.append(f"## {title}\n\n{words}\n")
        parts += [_entry(api.__name__, n) for n in names if title != "Plugins"]
        if title == "Plugins":
            parts.append("\n".join(f"- `{n}`" for n in names) + "\n")
    for title, module in MODULES.items():
        parts.append(f"## `{title}`\n\n{prose(stubs.docstring(module))}\n")
        parts += [_entry(module, n) for n in _exported(module)]
    parts.append(f"## `weirflow.testing`\n\n{prose(stubs.docstring(testing.__name__))}\n")
    parts += [_entry(testing.__name__, n) for n in testing.__all__]
    return "\n".join(parts).rstrip() + "\n"


def _exported(module: str) -> list[str]:
    return list(ast.literal_eval(stubs.stub(module, "__all__").text.partition("=")[2].strip()))


def _entry(module: str, name: str) -> str:
    """A name where it is defined, which may be some imports away."""
    where = module
    while (origin := stubs.origins(where).get(name)) is not None:
        where, name = origin
        if not where.startswith("weirflow"):
            return f"### `{name}`\n\n`{name}` of {where}.\n"
    found = stubs.stub(where, name)
    said = f"\n{prose(found.docstring)}\n" if found.docstring else ""
    return f"### `{name}`\n\n```python\n{found.text}\n```\n{said}"
