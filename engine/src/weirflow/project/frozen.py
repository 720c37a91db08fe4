"""A fitted flow as a transformer of frames, for scoring from Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from weirflow.errors import Diagnostic, FlowError, RunError, Severity, UsageError
from weirflow.graph.schemas import flow_schemas
from weirflow.plan.make import make_plan
from weirflow.plan.model import Options
from weirflow.project.opened import Project
from weirflow.project.preview import output_of
from weirflow.run.blame import attribute
from weirflow.run.tables import NodeFailedError, Tables

if TYPE_CHECKING:
    import polars as pl

    from weirflow.engines.base import Engine
    from weirflow.graph.model import Graph, Place
    from weirflow.graph.schemas import Flowed
    from weirflow.node.schema import Schema


class _Built(NamedTuple):
    graph: Graph
    engine: Engine
    tables: Tables


class FrozenFlow:
    """A fitted flow that transforms frames and never learns: a scikit-learn transformer.

    path: the flow file, with its trained parameters beside it.
    output: the node whose table is wanted, as `node` or `node.port`; by default what the flow's sinks write.
    source: the source whose place the frame takes; needed only where the output has several.
    p: values of the flow's parameters.
    """

    def __init__(
        self,
        path: str | Path,
        output: str | None = None,
        source: str | None = None,
        p: Mapping[str, Any] | None = None,
        *,
        _project: Project | None = None,
    ) -> None:
        self.path = path
        self.output = output
        self.source = source
        self.p = p
        self._project = _project or Project(path, parameters=p)
        self._ready: tuple[Place, str] | None = None
        self._flowed: tuple[Schema, Flowed] | None = None

    def fit(self, X: Any = None, y: Any = None) -> Self:  # noqa: N803 - the protocol's names
        """Do nothing but check that everything is fitted: the flow learns when it is run."""
        del X, y
        self._prepare()
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:  # noqa: N803 - the protocol's names
        """Transform: there is nothing to fit."""
        return self.fit(X, y).transform(X)

    def transform(self, X: Any) -> Any:  # noqa: N803 - the protocol's names
        """Put a pandas or Polars frame in the source's place; the same kind of frame comes back.

        Raises FlowError where a column that is needed is not in the frame, RunError where a value is refused.
        """
        import polars as pl

        from weirflow.engines.base import engine

        place, source = self._prepare()
        pandas = not isinstance(X, (pl.DataFrame, pl.LazyFrame))
        frame = pl.from_pandas(X, nan_to_null=True) if pandas else X.lazy().collect()
        tables = engine("polars")
        given = tables.from_frame(frame)
        flowed = self._flow(tables.schema(given), source)
        graph = self._project.graph
        ports = graph[source].output_ports
        built = Tables(graph, flowed, self._learned, tables, {(source, p.name): given for p in ports}, {})
        try:
            result: pl.DataFrame = tables.frame(built.get(place))
        except NodeFailedError as error:
            raise RunError(error.diagnostic) from error
        except Exception as error:
            raise RunError(attribute(_Built(graph, tables, built), place, error).diagnostic) from error
        return result.to_pandas() if pandas else result

    def get_feature_names_out(self, input_features: Any = None) -> Any:
        """The names of the columns that come out, as far as they are known before any frame was seen."""
        import numpy as np

        del input_features
        place, _ = self._prepare()
        if self._flowed is None:
            raise UsageError(
                Diagnostic("WF614", "transform a frame first: its columns decide those that come out")
            )
        return np.asarray(self._flowed[1].schemas[place].names, dtype=object)

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - the protocol's signature
        """The constructor's arguments, as scikit-learn asks for them."""
        del deep
        return {"path": self.path, "output": self.output, "source": self.source, "p": self.p}

    def set_params(self, **parameters: Any) -> Self:
        """Set constructor's arguments, as scikit-learn does."""
        for name, value in parameters.items():
            if name not in self.get_params():
                raise ValueError(f"FrozenFlow has no parameter '{name}'")
            setattr(self, name, value)
        self._project = Project(self.path, parameters=self.p)
        self._ready = self._flowed = None
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Whether the flow has been fitted."""
        try:
            self._prepare()
        except RunError:
            return False
        return True

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what this is."""
        from sklearn.utils import Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="transformer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            requires_fit=False,
        )

    def _prepare(self) -> tuple[Place, str]:
        if self._ready is not None:
            return self._ready
        graph = self._project.graph
        place = self._output()
        needed = graph.ancestors([place[0]])
        sources = [n.id for n in graph if n.id in needed and n.kind == "source"]
        if self.source is not None and self.source not in sources:
            raise UsageError(Diagnostic("WF302", f"'{self.source}' is no source of '{place[0]}'"))
        if self.source is None and len(sources) != 1:
            raise UsageError(
                Diagnostic(
                    "WF302",
                    f"'{place[0]}' has {len(sources)} sources, and one frame was given",
                    hint=f"name the one it stands for: source={sources[0]!r}" if sources else None,
                )
            )
        options = Options(select=(place[0],), frozen=True)
        plan = make_plan(graph, {}, self._project.trained_file.nodes, options)
        found = [d for d in plan.diagnostics if d.code == "WF612" and d.severity is Severity.ERROR]
        if found:
            raise RunError(found)
        code = [n.id for n in graph if n.id in needed and n.node.runs_code]
        if code:
            raise UsageError(
                Diagnostic("WF607", f"'{code[0]}' runs Python code that the flow brings; run it as a flow")
            )
        self._learned = plan.learned
        self._ready = (place, self.source or sources[0])
        return self._ready

    def _output(self) -> Place:
        graph = self._project.graph
        if self.output is not None:
            return output_of(graph, self.output)
        written = {n.inputs[0].place for n in graph if n.kind == "sink"}
        return written.pop() if len(written) == 1 else output_of(graph, None)

    def _flow(self, schema: Schema, source: str) -> Flowed:
        """Schemas along the edges for frames of this schema; kept, since frames of one kind come in numbers."""
        if self._flowed is None or self._flowed[0] != schema:
            place, _ = self._prepare()
            graph = self._project.graph
            flowed = flow_schemas(graph, {source: schema}, self._learned)
            needed = graph.ancestors([place[0]])
            found = [d for d in flowed.diagnostics if d.node in needed]
            if found:
                raise FlowError(found)
            self._flowed = (schema, flowed)
        return self._flowed[1]
