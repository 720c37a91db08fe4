"""The place of a Data Wrangler operator that has no equal here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from weirflow.api import Effect, Field, Inputs, Location, NodeError, Port, Source, Transform

if TYPE_CHECKING:
    from weirflow.api import Schema, SourceContext, SourceFacts, Table


class Unmapped(Transform):
    """Stand for a Data Wrangler operator that has no equal here, and say so when it is run.

    The flow around it can be checked, drawn and planned, and what does not depend on it runs.
    """

    operator = "datawrangler.unmapped"
    inputs: ClassVar[tuple[Port, ...]] = (Port(many=True),)

    name: str = Field(description="the vendor's operator, as sagemaker.spark.time_series_0.1 / Resample")
    given: dict[str, Any] = Field(
        default_factory=dict, description="its parameters, as the vendor's file has them"
    )
    reason: str = Field(default="", description="why it has no equal, where that is not plain from its name")

    def obstacle(self) -> str:
        """That there is no equal, and why."""
        return f"{self.name} has no equal here yet" + (f": {self.reason}" if self.reason else "")

    def effect(self, schema: Schema) -> Effect:
        """Nobody knows."""
        del schema
        return Effect.unknown()

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Raise NodeError."""
        del inputs
        raise NodeError(
            self.obstacle(),
            hint="put a node of weirflow's in its place, or leave out what needs it with -s",
            code="WF617",
        )


class UnmappedSource(Source):
    """Stand for a Data Wrangler source of a kind that is not read here, and say so when it is looked at."""

    operator = "datawrangler.unmapped_source"

    name: str = Field(description="the vendor's operator, with the kind of its files")
    path: Location = Field(description="where the vendor's file reads from")

    def inspect(self, context: SourceContext) -> SourceFacts:
        """Raise NodeError."""
        del context
        raise NodeError(
            f"{self.name} has no equal here yet", hint="put another source in its place", code="WF617"
        )

    def scan(self, context: SourceContext, schema: Schema) -> Table:
        """Raise NodeError."""
        del schema
        self.inspect(context)
        raise AssertionError  # `inspect` raises
