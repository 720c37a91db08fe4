"""A fitted flow as a transformer of frames, for scoring from Python."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from weirflow.errors import Diagnostic, RunError, Severity, UsageError, WeirflowError, did_you_mean
from weirflow.graph.model import Graph
from weirflow.plan.make import make_plan
from weirflow.plan.model import Options
from weirflow.project.frames import given
from weirflow.project.opened import Project
from weirflow.project.preview import output_of
from weirflow.project.scoring import FittedFlow, Scorer

if TYPE_CHECKING:
    import polars as pl

    from weirflow.graph.model import Place
    from weirflow.project.scoring import Route

_PARAMETERS = ("path", "output", "source", "p", "overrides", "without")
_OUTPUTS = ("default", "pandas", "polars")


class FrozenFlow:
    """A fitted flow that transforms frames and never learns: a scikit-learn transformer.

    path: the flow file, with its trained parameters beside it. Both are read once, when they are first needed.
    output: the node whose table is wanted, as `node` or `node.port`; by default what the flow's sinks write.
    source: the source whose place the frame takes; needed only where the output has several.
    p: values of the flow's parameters. overrides: other values of nodes' parameters, by `node.parameter`.
    without: columns that new data does not have, such as the label. They are not looked at where they are
        there, and what is made of them alone is left out of the output. A node that needs one for anything else
        is refused.

    A pickle holds the flow and what it has learned once that was read, and neither rows nor code, so that a saved
    pipeline stands alone and stays as it was; `clone` reads the files anew. Threads may share one object.
    """

    def __init__(
        self,
        path: str | Path,
        output: str | None = None,
        source: str | None = None,
        p: Mapping[str, Any] | None = None,
        overrides: Mapping[str, Any] | None = None,
        without: str | Sequence[str] = (),
        *,
        _project: Project | None = None,
    ) -> None:
        self.path = path
        self.output = output
        self.source = source
        self.p = p
        self.overrides = overrides
        self.without = without
        self._project = _project
        self._reset()

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._fitted: FittedFlow | None = None
        self._scorer: Scorer | None = None
        self._types: dict[str, pl.DataType] = {}
        self._names_out: tuple[str, ...] | None = None

    # ------------------------------------------------------------------ the protocol

    def fit(self, X: Any = None, y: Any = None) -> Self:  # noqa: N803 - the protocol's names
        """Learn nothing, since the flow learns when it is run; but note the frame's columns.

        Raises RunError where something is not fitted, UsageError where the flow changes the rows, which a step of
        scikit-learn must not.
        """
        del y
        self._scoring()
        if X is None:
            return self
        frame = given(X).frame
        without = self._without()
        self._types = {n: t for n, t in frame.schema.items() if n not in without}
        self._scorer = None
        self._scoring().check_without(frame.columns, strict=True)
        route = self._scoring().route(frame)
        if route.changes_rows is not None:
            raise UsageError(
                Diagnostic(
                    "WF205",
                    f"'{route.changes_rows}' changes rows or their order, and a step of scikit-learn must keep them",
                    node=route.changes_rows,
                    hint="name an `output` before that node",
                )
            )
        import numpy as np

        self.feature_names_in_ = np.asarray(list(self._types), dtype=object)
        self.n_features_in_ = len(self._types)
        self._names_out = route.names
        return self

    def fit_transform(self, X: Any, y: Any = None) -> Any:  # noqa: N803 - the protocol's names
        """Note the frame's columns and transform it."""
        return self.fit(X, y).transform(X)

    def transform(self, X: Any) -> Any:  # noqa: N803 - the protocol's names
        """Put a frame in the source's place: pandas, Polars (eager or lazy), or a list of rows as dicts.

        The result is of the same kind (a LazyFrame is computed), unless `set_output` says another. A pandas frame
        keeps its index where the flow keeps the rows.

        Raises FlowError where a column that is needed is not in the frame or is of a wrong type, RunError where a
        value is refused, UsageError where the frame is none.
        """
        table = given(X)
        frame = table.frame if table.frame.width or table.kind != "rows" else self._scoring().no_rows()
        result, route = self._scoring().score(frame)
        self._check_names(route, frame)
        return table.back(result, self._kind_out(), same_rows=route.changes_rows is None)

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> Any:
        """The names of the columns that come out, known once `fit` has seen a frame."""
        import numpy as np

        if self._names_out is None:
            raise UsageError(
                Diagnostic("WF205", "fit to a frame first: its columns decide those that come out")
            )
        if input_features is not None:
            names = [n for n in input_features if n not in self._without()]
            if names != list(self.feature_names_in_):
                raise ValueError("input_features is not equal to feature_names_in_")
        return np.asarray(self._names_out, dtype=object)

    def set_output(self, *, transform: str | None = None) -> Self:
        """Which kind of frame comes out: "pandas", "polars", or "default", the kind that goes in."""
        if transform is not None:
            if transform not in _OUTPUTS:
                raise ValueError(f"transform must be one of {', '.join(_OUTPUTS)}, and is {transform!r}")
            self._sklearn_output_config = {"transform": transform}
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002 - the protocol's signature
        """The constructor's arguments, as scikit-learn asks for them."""
        del deep
        return {name: getattr(self, name) for name in _PARAMETERS}

    def set_params(self, **parameters: Any) -> Self:
        """Set constructor's arguments, as scikit-learn does; the files are then read anew."""
        for name in parameters:
            if name not in _PARAMETERS:
                near = did_you_mean(name, _PARAMETERS)
                raise ValueError(f"FrozenFlow has no parameter '{name}'{f': {near}' if near else ''}")
        for name, value in parameters.items():
            setattr(self, name, value)
        if parameters:
            self._project = None
            self._reset()
            for name in ("feature_names_in_", "n_features_in_"):
                self.__dict__.pop(name, None)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Whether the flow has been fitted."""
        try:
            self._scoring()
        except WeirflowError:
            return False
        return True

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn what this is."""
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type="transformer",
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(),
            input_tags=InputTags(string=True, categorical=True, allow_nan=True),
            requires_fit=False,
        )

    def __repr__(self) -> str:
        given_ones = [
            f"{n}={v!r}" for n, v in self.get_params().items() if n != "path" and v not in (None, ())
        ]
        return f"FrozenFlow({', '.join([repr(str(self.path)), *given_ones])})"

    def __getstate__(self) -> dict[str, Any]:
        left_out = {"_project", "_lock", "_scorer"}
        return {k: v for k, v in self.__dict__.items() if k not in left_out}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._project = None
        self._reset()
        self.__dict__.update(state)

    # ------------------------------------------------------------------ within

    def _without(self) -> tuple[str, ...]:
        return (self.without,) if isinstance(self.without, str) else tuple(self.without)

    def _kind_out(self) -> Any:
        """The kind of frame that `set_output` or scikit-learn's configuration asks for; None for the same."""
        config: Any = getattr(self, "_sklearn_output_config", {}).get("transform")
        sklearn = sys.modules.get("sklearn")
        if config is None and sklearn is not None:
            config = sklearn.get_config()["transform_output"]
        return None if config == "default" else config

    def _check_names(self, route: Route, frame: pl.DataFrame) -> None:
        """What comes out is what came out in the fit: a column too many or too few is said here, by name."""
        if self._names_out is None or route.names is None or route.names == self._names_out:
            return
        found = [c for c in frame.columns if c not in self._without()]
        missing = [c for c in self._types if c not in found]
        if missing:
            text = f"the frame has no column '{missing[0]}', which the frame of the fit had"
            hint = did_you_mean(missing[0], [c for c in found if c not in self._types])
        else:
            more = [c for c in found if c not in self._types]
            text = (
                f"the frame has a column '{more[0]}', which the frame of the fit had not"
                if more
                else "the frame's columns are in another order, or of other types, than in the fit"
            )
            hint = did_you_mean(more[0], list(self._types)) if more else None
        raise UsageError(Diagnostic("WF401", text, hint=hint))

    def _scoring(self) -> Scorer:
        if self._scorer is None:
            with self._lock:
                if self._fitted is None:
                    self._fitted = self._read()
                if self._scorer is None:
                    self._scorer = Scorer(self._fitted, self._without(), self._types, tuple(self._types))
        return self._scorer

    def _read(self) -> FittedFlow:
        """Read the flow and what it has learned."""
        if self._project is None:
            self._project = Project(self.path, parameters=self.p, overrides=self.overrides)
        whole = self._project.graph
        place = self._output(whole)
        needed = whole.ancestors([place[0]])
        graph = Graph(whole.flow, {n.id: n for n in whole if n.id in needed})
        sources = [n.id for n in graph if n.kind == "source"]
        if self.source is not None and self.source not in sources:
            hint = did_you_mean(self.source, sources)
            raise UsageError(Diagnostic("WF302", f"'{self.source}' is no source of '{place[0]}'", hint=hint))
        if self.source is None and len(sources) != 1:
            raise UsageError(
                Diagnostic(
                    "WF302",
                    f"'{place[0]}' has {len(sources)} sources, and one frame was given",
                    hint=f"name the one it stands for: source={sources[0]!r}" if sources else None,
                )
            )
        options = Options(select=(place[0],), frozen=True)
        trained = self._project.trained_file
        plan = make_plan(whole, {}, trained.nodes, options)
        found = [d for d in plan.diagnostics if d.code == "WF612" and d.severity is Severity.ERROR]
        if found:
            raise RunError(found)
        code = [n.id for n in graph if n.node.runs_code]
        if code:
            raise UsageError(
                Diagnostic("WF607", f"'{code[0]}' runs Python code that the flow brings; run it as a flow")
            )
        learned = {n: plan.learned[n] for n in graph.nodes if n in plan.learned}
        copies = self._project.store.copies
        return FittedFlow(graph, learned, place, self.source or sources[0], trained.types(), copies)

    def _output(self, graph: Graph) -> Place:
        if self.output is not None:
            return output_of(graph, self.output)
        written = {n.inputs[0].place for n in graph if n.kind == "sink" and n.inputs}
        return written.pop() if len(written) == 1 else output_of(graph, None)
