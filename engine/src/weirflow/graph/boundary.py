"""The two nodes that a subflow leaves in the graph: where tables enter it and where they leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from weirflow.node.effect import Effect
from weirflow.node.model import Transform
from weirflow.node.payloads import Inputs, Port

if TYPE_CHECKING:
    from weirflow.node.code import PandasCode
    from weirflow.node.payloads import Table
    from weirflow.node.schema import Schema


class FlowInput(Transform):
    """An input of a subflow: hands on what arrives."""

    operator: ClassVar[str] = "flow.input"
    type: str = Field(default="table", description="the type of the port")

    def effect(self, schema: Schema) -> Effect:
        """Nothing changes."""
        del schema
        return Effect()

    def transform(self, inputs: Inputs[Table]) -> Table:
        """Hand on what arrived."""
        return inputs.table

    def to_pandas(self, code: PandasCode) -> None:
        """A step that does nothing is left out."""
        code.skip()


class FlowOutput(Transform):
    """The outputs of a subflow, one input for each."""

    operator: ClassVar[str] = "flow.output"
    ports: Mapping[str, str] = Field(default_factory=dict, description="port names and their types")

    def effects(self, inputs: Inputs[Schema]) -> Mapping[str, Effect]:
        """Nothing changes."""
        return {name: Effect(port=name) for name, _ in inputs.items()}

    def transform(self, inputs: Inputs[Table]) -> Mapping[str, Table]:
        """Hand on what arrived."""
        return dict(inputs.items())

    def to_pandas(self, code: PandasCode) -> None:
        """A step that does nothing is left out."""
        code.skip()


def ports_of(node: Transform) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    """The ports of a boundary node, which its parameters decide."""
    if isinstance(node, FlowInput):
        ports: tuple[Port, ...] = (Port("default", node.type),)
    else:
        assert isinstance(node, FlowOutput)
        ports = tuple(Port(n, t) for n, t in node.ports.items())
    return ports, ports
