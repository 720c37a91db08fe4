"""`graph.similar`: patients like this one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from weirflow.api import FLOAT64, INT64, STRING, ColumnName, Effect, Field, Made, Rows, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weirflow.api import Inputs, Schema, Table

_UNIT = 1_000_000  # weights are whole millionths, so that sums do not depend on their order
_COLUMNS = {
    "patient_id": STRING,
    "other_id": STRING,
    "rank": INT64,
    "similarity": FLOAT64,
    "codes": INT64,
    "shared": STRING,
}
_FIELDS = ("patient_id", "code_system", "code", "description", "negated", "experiencer")


class SimilarPatients(Transform):
    """Find, for each patient, those who share coded entities with them, rare ones counting most.

    The input is a table of entities, as `fhir.entities` and `notes.tag` give it. A code weighs ln(n / k) where k of n
    patients have it (inverse document frequency); a code that all have weighs nothing. The similarity is the cosine of
    the two patients' weights, from 0 to 1. Codes that a note denies or says of a relative
    do not count, nor do entities without a code.

    A row is a pair: `patient_id`, `other_id`, `rank` from 1, `similarity`, how many `codes` they share, and `shared`,
    which says why: the codes that weigh most, with their descriptions, as `I10 Essential hypertension; ...`.
    """

    operator: ClassVar[str] = "graph.similar"
    holds_table: ClassVar[bool] = True

    patient_id: ColumnName = Field(default="patient_id", description="the column with the patient")
    code_system: ColumnName = Field(default="code_system", description="the column with the code's system")
    code: ColumnName = Field(default="code", description="the column with the code")
    description: ColumnName = Field(default="description", description="the column with what the code means")
    negated: ColumnName = Field(
        default="negated", description="the column that says whether the note denies it"
    )
    experiencer: ColumnName = Field(
        default="experiencer",
        description="the column that says of whom: `patient`, or null, where not of a relative",
    )
    patient: str | None = Field(
        default=None, description="one patient's id; without it, a list for every patient"
    )
    top: int = Field(default=10, ge=1, description="how many others a patient has at most")
    common: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="codes that a larger share of patients has find nobody; they count where others have",
    )
    shown: int = Field(default=5, ge=1, description="how many codes `shared` names")

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """The columns, which depend on the parameters alone."""
        schema = inputs.table
        reads = tuple(dict.fromkeys(getattr(self, f) for f in _FIELDS))
        drops = tuple(c.name for c in schema if c.name not in _COLUMNS)
        makes = {name: Made(of=reads, dtype=dtype) for name, dtype in _COLUMNS.items()}
        return {"default": Effect(makes=makes, drops=drops, rows=Rows.changed(by=reads))}

    def transform(self, inputs: Inputs[Table]) -> Table:
        """The pairs, by patient and rank."""
        import narwhals as nw
        import polars as pl

        key = ["code_system", "code"]
        there = inputs.table.collect_schema().names()
        named = [nw.col(getattr(self, f)).alias(f) for f in _FIELDS]
        given = inputs.table.select(*named).collect("polars").to_polars()
        said = given.filter(
            pl.col("patient_id").is_not_null()
            & pl.col("code").is_not_null()
            & ~pl.col("negated").cast(pl.Boolean).fill_null(value=False)
            & (pl.col("experiencer").fill_null("patient") == "patient")
        ).with_columns(pl.col("code_system").fill_null(""))
        names = said.group_by(key).agg(pl.col("description").drop_nulls().min())
        has = said.select("patient_id", *key).unique()
        total = has["patient_id"].n_unique()
        holders = has.group_by(key).len("holders")
        weights = holders.with_columns(
            (math.log(max(total, 1)) - pl.col("holders").cast(pl.Float64).log())
            .mul(_UNIT)
            .round()
            .cast(pl.Int64)
            .alias("weight")
        ).filter(pl.col("weight") > 0)
        has = has.join(weights, on=key)
        lengths = has.group_by("patient_id").agg((pl.col("weight") ** 2).sum().alias("length"))
        rare = has.filter(pl.col("holders") <= self.common * total)
        asked = rare if self.patient is None else rare.filter(pl.col("patient_id") == self.patient)
        pairs = (
            asked.select("patient_id", *key)
            .join(rare.select(pl.col("patient_id").alias("other_id"), *key), on=key)
            .filter(pl.col("patient_id") != pl.col("other_id"))
            .select("patient_id", "other_id")
            .unique()
        )
        shared = pairs.join(has.select("patient_id", *key, "weight"), on="patient_id").join(
            has.select(pl.col("patient_id").alias("other_id"), *key), on=["other_id", *key]
        )
        label = pl.concat_str(pl.col("code"), pl.lit(" ") + pl.col("description"), ignore_nulls=True)
        found = (
            shared.join(names, on=key)
            .sort([pl.col("weight"), pl.col("code"), pl.col("code_system")], descending=[True, False, False])
            .group_by("patient_id", "other_id", maintain_order=True)
            .agg(
                (pl.col("weight") ** 2).sum().alias("common"),
                pl.len().cast(pl.Int64).alias("codes"),
                label.head(self.shown).str.join("; ").alias("shared"),
            )
            .join(lengths, on="patient_id")
            .join(lengths.rename({"patient_id": "other_id", "length": "other"}), on="other_id")
            .with_columns(
                (
                    pl.col("common").cast(pl.Float64)
                    / (pl.col("length").cast(pl.Float64).sqrt() * pl.col("other").cast(pl.Float64).sqrt())
                ).alias("similarity")
            )
            .with_columns(pl.col("similarity").clip(0.0, 1.0).round(9))
            .sort(["patient_id", "similarity", "other_id"], descending=[False, True, False])
            .with_columns((pl.int_range(pl.len()).over("patient_id") + 1).cast(pl.Int64).alias("rank"))
            .filter(pl.col("rank") <= self.top)
            .select(*(c for c in there if c in _COLUMNS), *(c for c in _COLUMNS if c not in there))
        )
        return nw.from_native(found.lazy())
