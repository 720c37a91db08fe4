"""A record as the credit-risk flow leaves it: real rows and counts, a chain of nodes, leaves of every kind."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from weirflow.node.report import Chart, Metric, Notice, Report, TableBlock, Text
from weirflow.run.record import (
    ColumnRecord,
    EdgeRecord,
    NodeRecord,
    ProblemRecord,
    RunRecord,
    SampleRecord,
    WaveRecord,
)

DATA = Path(__file__).parents[3] / "flows" / "credit-risk" / "german_credit_data.csv"
NUMERIC = (
    "duration",
    "creditamount",
    "installmentrate",
    "residencesince",
    "age",
    "existingcredits",
    "peopleliable",
)


def _applicants() -> list[dict[str, Any]]:
    with DATA.open(encoding="utf-8", newline="") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(file))
    for row in rows:
        row.update({name: int(row[name]) for name in NUMERIC})
    return rows


class Trail:
    """Adds nodes one after another, keeping the columns and sample rows that each leaves."""

    def __init__(self) -> None:
        self.people = _applicants()
        self.rows = [dict(r) for r in self.people[:8]]
        self.columns: dict[str, str] = {}
        self.nodes: list[NodeRecord] = []
        self.last = ""

    def step(self, node, operator, kind="transform", *, makes=None, removed=(), columns=None, **fields):
        makes = makes or {}
        for name, (dtype, value) in makes.items():
            self.columns[name] = dtype
            for row in self.rows:
                row[name] = value(row)
        for name in removed:
            del self.columns[name]
        if columns:
            self.columns = columns
        new = set(makes)
        self._add(
            node,
            operator,
            kind,
            columns=tuple(ColumnRecord(name=n, dtype=t, new=n in new) for n, t in self.columns.items()),
            removed=tuple(removed),
            sample=SampleRecord(
                columns=tuple(self.columns),
                rows=tuple(tuple(r[c] for c in self.columns) for r in self.rows),
            ),
            rows_out=1000,
            **fields,
        )
        self.last = node

    def leaf(self, node, operator, kind="analysis", **fields):
        self._add(node, operator, kind, **fields)

    def _add(self, node, operator, kind, **fields):
        fields.setdefault("reason", "never run")
        self.nodes.append(
            NodeRecord(
                id=node,
                operator=f"{operator}@1",
                kind=kind,
                line=10 + 6 * len(self.nodes),
                status=fields.pop("status", "done"),
                inputs=(EdgeRecord(node=self.last),) if self.last else (),
                rows_in=1000 if self.last else None,
                **fields,
            )
        )


def _histogram(people, *, by=None, facet=None):
    edges = list(range(15, 80, 5))
    tally = Counter(
        (min((p["age"] - 15) // 5, 11), p[by] if by else None, p["sex"] if facet else None) for p in people
    )
    values = [
        {
            "low": edges[b],
            "high": edges[b + 1],
            "rows": n,
            **({"colour": c} if by else {}),
            **({"facet": f} if facet else {}),
        }
        for (b, c, f), n in sorted(tally.items())
    ]
    inner: dict[str, Any] = {
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "low", "type": "quantitative", "bin": "binned", "title": "age"},
            "x2": {"field": "high"},
            "y": {"field": "rows", "type": "quantitative", "title": "rows"},
        },
    }
    if by:
        inner["encoding"]["color"] = {"field": "colour", "type": "nominal", "title": by}
    spec: dict[str, Any] = {"data": {"values": values}}
    if facet:
        inner |= {"width": 200, "height": 150}
        spec |= {"facet": {"field": "facet", "type": "nominal", "title": "sex"}, "columns": 3, "spec": inner}
    else:
        spec |= inner | {"width": 480, "height": 260}
    columns = ("age from", "age to", "rows", *(["risk"] if by else []), *(["sex"] if facet else []))
    title = "Age" + (f" by {by}" if by else "") + (", for each sex" if facet else "")
    return Chart(
        title=title,
        description=f"Histogram of age from 19 to 75 over 1,000 rows. {title}: most applicants are 25 to 29.",
        spec=spec,
        columns=columns,
        rows=tuple(tuple(v.values()) for v in values),
    )


def _bars(title, field, values, *, value="rows"):
    return Chart(
        title=title,
        description=f"{title}: {values[0][0]} leads.",
        spec={
            "data": {"values": [{"name": n, "value": v} for n, v in values]},
            "mark": "bar",
            "width": 400,
            "height": 24 * len(values),
            "encoding": {
                "y": {"field": "name", "type": "nominal", "sort": [n for n, _ in values], "title": field},
                "x": {"field": "value", "type": "quantitative", "title": value},
            },
        },
        columns=(field, value),
        rows=tuple(values),
    )


READINGS = {
    "class_imbalance": ("Class imbalance", 0.38, "0 is balance; here men are 69 % of the rows."),
    "difference_in_positive_proportions": (
        "Difference in positive proportions",
        0.0748,
        "Men are labelled low risk 7.5 points more often than women; 0 is parity.",
    ),
    "jensen_shannon": (
        "Jensen-Shannon divergence",
        0.00318,
        "0 means that both groups have the same labels.",
    ),
    "kullback_leibler": (
        "Kullback-Leibler divergence",
        0.0126,
        "0 means the same labels; there is no upper bound.",
    ),
    "lp_norm": ("L2 norm", 0.1058, "The distance between the two groups' shares of labels."),
    "total_variation": ("Total variation distance", 0.0748, "Half the sum of differences in shares, 0 to 1."),
    "kolmogorov_smirnov": (
        "Kolmogorov-Smirnov",
        0.0748,
        "The greatest difference in the share of one label.",
    ),
    "conditional_disparity": (
        "Conditional demographic disparity",
        None,
        "Not defined: no column to group by was given.",
    ),
}


@pytest.fixture(scope="session")
def record() -> RunRecord:
    trail = Trail()
    people = trail.people
    for person in people:
        person["sex"] = person["status_sex"].partition(":")[0]
    raw = {n: "string" for n in people[0] if n != "sex"}
    trail.step(
        "applicants",
        "read.csv",
        "source",
        columns=raw,
        title="1,000 credit applications",
        description="Read a CSV file.",
        parameters={"path": "german_credit_data.csv", "delimiter": ","},
        seconds=0.021,
    )
    trail.step(
        "typed",
        "columns.infer",
        "estimator",
        columns={n: "int64" if n in NUMERIC else "string" for n in raw},
        title="Types inferred from the text",
        trained={"types": dict.fromkeys(NUMERIC, "int64")},
    )
    trail.leaf(
        "overview_table",
        "analyse.summary",
        seconds=0.031,
        report=Report(
            title="Summary of the table",
            blocks=(
                Metric(name="rows", label="Rows", value=1000),
                Metric(name="columns", label="Columns", value=21),
                TableBlock(
                    title="Numeric columns",
                    columns=("column", "count", "mean", "deviation", "min", "max"),
                    rows=tuple(
                        (
                            c,
                            1000,
                            sum(p[c] for p in people) / 1000,
                            None,
                            min(p[c] for p in people),
                            max(p[c] for p in people),
                        )
                        for c in NUMERIC
                    ),
                    note="The deviation is that of a sample.",
                ),
            ),
        ),
    )
    risk = Counter(p["risk"] for p in people).most_common()
    trail.leaf(
        "risk_histogram",
        "analyse.histogram",
        report=Report(title="Histogram of risk", blocks=(_bars("Risk", "risk", risk),)),
    )
    trail.leaf(
        "age_by_risk",
        "analyse.histogram",
        parameters={"column": "age", "by": "risk"},
        report=Report(title="Age by risk", blocks=(_histogram(people, by="risk"),)),
    )
    trail.leaf(
        "age_by_sex",
        "analyse.histogram",
        parameters={"column": "age", "by": "risk", "facet": "sex"},
        report=Report(
            title="Age by risk, for each sex",
            blocks=(
                _histogram(people, by="risk", facet=True),
                Notice(text="2 rows without a value of age left out."),
            ),
        ),
    )
    trail.leaf(
        "info",
        "analyse.schema",
        report=Report(
            title="Schema",
            blocks=(
                Text(
                    text="<class 'DataFrame'>\nRangeIndex: 1000 entries, 0 to 999\nData columns (total 21)",
                    code=True,
                ),
                Text(text="No column holds nulls."),
            ),
        ),
    )
    trail.step(
        "split_status",
        "text.split",
        makes={"status": ("list", lambda r: r["status_sex"])},
        parameters={"column": "status_sex", "delimiter": ":", "output": "status"},
    )
    trail.step(
        "flat",
        "vectors.flatten",
        removed=("status",),
        makes={
            "status_0": ("string", lambda r: r["status_sex"].split(":")[0]),
            "status_1": ("string", lambda r: r["status_sex"].split(":")[1]),
        },
    )
    trail.step(
        "renamed",
        "columns.rename",
        removed=("status_0", "status_1"),
        makes={
            "sex": ("string", lambda r: r["status_0"]),
            "marital_status": ("string", lambda r: r["status_1"]),
        },
        parameters={"names": {"status_0": "sex", "status_1": "marital_status"}},
    )
    trail.leaf(
        "fairness",
        "analyse.bias",
        seconds=0.012,
        title="Are women judged as men are?",
        parameters={"label": "risk", "favourable": ["low risk"], "facet": "sex"},
        report=Report(
            title="Bias of risk by sex",
            blocks=tuple(
                Metric(name=n, label=label, value=v, reading=reading)
                for n, (label, v, reading) in READINGS.items()
            ),
        ),
    )
    trail.step(
        "snippet",
        "custom.pandas",
        parameters={"code": 'print(df.shape)\ndf["age_group"] = df["age"] // 10 * 10\n'},
        makes={"age_group": ("int64", lambda r: r["age"] // 10 * 10)},
        output="(1000, 23)\n",
    )
    trail.step(
        "target",
        "encode.ordinal",
        "estimator",
        makes={"target": ("int64", lambda r: int(r["risk"][0] == "h"))},
        parameters={"column": "risk", "categories": ["low risk", "high risk"], "output": "target"},
        trained={"categories": {"risk": ["low risk", "high risk"]}},
    )
    for column in ("existingchecking", "savings", "employmentsince"):
        trail.step(
            f"rank_{column}",
            "encode.map",
            makes={column: ("int64", lambda r, c=column: len(str(r[c])) % 4)},
            parameters={"column": column, "map": {"unknown": 0, "little": 1, "moderate": 2, "quite rich": 3}},
        )
    for column in ("housing", "job", "sex", "marital_status"):
        names = sorted({str(r[column]) for r in trail.rows})
        trail.step(
            f"one_hot_{column}",
            "encode.one_hot",
            "estimator",
            makes={f"{column}_{n}": ("int8", lambda r, c=column, n=n: int(r[c] == n)) for n in names},
            removed=(column,),
            trained={"categories": {column: names}},
        )
    for scaler, column in (
        ("standard", "creditamount"),
        ("robust", "age"),
        ("min_max", "duration"),
        ("max_absolute", "installmentrate"),
    ):
        trail.step(
            f"scale_{column}",
            f"scale.{scaler}",
            "estimator",
            status="cached",
            reason="cached",
            makes={column: ("float64", lambda r, c=column: r[c] / 37)},
            parameters={"columns": [column]},
            trained={"center": {column: 0.5}, "scale": {column: 37.0}},
        )
    for column in ("credithistory", "property", "otherdebtors"):
        trail.step(
            f"lower_{column}", "text.case", makes={column: ("string", lambda r, c=column: str(r[c]).lower())}
        )
    trail.step(
        "dropped",
        "columns.drop",
        removed=("status_sex", "risk", "purpose", "telephone", "foreignworker"),
        parameters={"columns": ["status_sex", "risk", "purpose", "telephone", "foreignworker"]},
    )
    trail.step("ordered", "columns.move", columns={"target": "int64", **trail.columns})
    trail.leaf(
        "quick_model",
        "analyse.quick_model",
        seconds=0.412,
        report=Report(
            title="Quick model of target",
            blocks=(
                Metric(
                    name="f1",
                    label="F1 of high risk",
                    value=0.5503,
                    reading="1 is perfect; always high: 0.46.",
                ),
                Metric(name="accuracy", label="Accuracy", value=0.763, reading="Always low risk gives 0.70."),
                Text(text="Random forest of 100 trees, 70 % of rows to train and 30 % to judge, seed 0."),
                _bars(
                    "Feature importances",
                    "feature",
                    (("creditamount", 0.1713), ("age", 0.1402), ("duration", 0.1391), ("savings", 0.0912)),
                    value="importance",
                ),
            ),
        ),
        problems=(
            ProblemRecord(
                code="WF614",
                message="fewer than 50 rows have high risk among women",
                hint="read F1 with care",
            ),
        ),
    )
    for title, column in (("Housing", "housing"), ("Purpose", "purpose"), ("Savings", "savings")):
        values = Counter(p[column] for p in people).most_common()
        trail.leaf(
            f"{column}_histogram",
            "analyse.histogram",
            report=Report(title=title, blocks=(_bars(title, column, values),)),
        )
    trail.leaf("write_parquet", "write.parquet", "sink", seconds=0.051, files=("out/features.parquet",))
    trail.leaf("write_csv", "write.csv", "sink", seconds=0.022, files=("out/features.csv",))
    return RunRecord(
        run="20260725T140312Z-3fa1",
        flow="credit-risk",
        file="flows/credit-risk/credit-risk.flow",
        description="1,000 German credit applications, from the raw file to features a model can learn from.",
        weirflow="0.1.0",
        status="done",
        started=datetime(2026, 7, 25, 14, 3, 12, tzinfo=UTC),
        seconds=2.31,
        peak_bytes=187_400_000,
        parameters={"data": "german_credit_data.csv"},
        nodes=tuple(trail.nodes),
        waves=(
            WaveRecord(nodes=("typed",), statistics=21, scans=1, seconds=0.041),
            WaveRecord(
                nodes=("target", "one_hot_housing", "scale_age"), statistics=11, scans=1, seconds=0.062
            ),
        ),
        scans=3,
    )
