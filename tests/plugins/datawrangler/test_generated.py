"""Flows that are made here, with every shape that the format's description allows, and JSON that is no flow at all."""

import contextlib
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weirflow.api import NodeError
from weirflow.errors import Severity, WeirflowError
from weirflow.flow.imported import flow_text
from weirflow.plan.model import Options
from weirflow.plan.trained import bound
from weirflow.plugins.registry import Registry
from weirflow.project import Project
from weirflow.run.trained import trained_path, write_trained
from weirflow_datawrangler.convert import convert

REGISTRY = Registry.load()
SHARED = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

COLUMNS = ["age", "pay", "town", "no", "a.b", "`q`", "é ü", "${x}", "0E0"]
ROWS = "age,pay,town,no,a.b,`q`,é ü,${x},0E0\n31,1.5,Rome,a,1,x,u,p,9\n27,,Oslo,b,2,y,v,,8\n42,3.5,Rome,,3,,w,q,7\n"
TYPES = dict.fromkeys(COLUMNS, "string") | {"age": "long", "pay": "float", "a.b": "long", "0E0": "long"}

column = st.sampled_from(COLUMNS)
text = st.sampled_from([c for c in COLUMNS if TYPES[c] == "string"])
number = st.sampled_from([c for c in COLUMNS if TYPES[c] != "string"])


def one_or_list(of):
    return of | of.map(lambda c: [c])


def as_text(values):
    """Numbers as such, or in quotes."""
    return values | values.map(str)


def optional(strategy):
    """What a file leaves out, or has as null or as an empty text."""
    return strategy | st.sampled_from([None, ""])


def kind(operator, label, **parameters):
    """The parameters of a kind, with those of another that was chosen before."""
    key = f"{'_'.join(label.lower().replace('-', ' ').split())}_parameters"

    def made(given, stale):
        found = {"operator": label, key: {k: v for k, v in given.items() if v != "(absent)"}}
        return operator, found | (
            {"stale_kind_parameters": {"input_column": "gone", "x": [None]}} if stale else {}
        )

    return st.builds(made, st.fixed_dictionaries(parameters), st.booleans())


STEPS = st.one_of(
    kind("spark.manage_columns", "Duplicate column", input_column=column, new_name=st.just("copy")),
    kind(
        "spark.manage_columns",
        "Rename column",
        input_column=text,
        new_name=st.sampled_from(["new name", "yes"]),
    ),
    kind(
        "spark.process_numeric",
        "Scale values",
        scaler=st.just("Min-max scaler"),
        min_max_scaler_parameters=st.fixed_dictionaries(
            {
                "input_column": one_or_list(number),
                "min": as_text(st.just(0)),
                "max": optional(as_text(st.just(2.5))),
            }
        ),
    ),
    kind(
        "spark.handle_missing",
        "Fill missing",
        input_column=one_or_list(text),
        fill_value=st.sampled_from(["none", "0", "a\nb", "${y}"]),
    ),
    kind(
        "spark.encode_categorical",
        "One-hot encode",
        invalid_handling_strategy=st.sampled_from(["Keep", "Skip"]),
        drop_last=st.sampled_from([False, "false", "No"]),
        output_style=st.just("Columns"),
        input_column=one_or_list(text),
        output_column=optional(st.just("out")),
    ),
    st.just(("spark.custom_pandas", {"code": "import math \n\nif True:\n\tdf['${z}'] = '${no}'  # `x`\n"})),
    st.just(("spark.no_such_thing", {"operator": "Fly", "Fly_parameters": {"how far": "1", "x": None}})),
)


@st.composite
def flows(draw):
    """A flow's data: a source, its types, some steps one after another, each with an analysis now and then."""
    nodes = []

    def node(operator, parameters, *inputs, kind="TRANSFORM", **more):
        made = {
            "node_id": f"id-{len(nodes)}",
            "type": kind,
            "operator": f"sagemaker.{operator}_0.1",
            "parameters": parameters,
            "inputs": [{"name": "df", "node_id": i, "output_name": "default"} for i in inputs],
            "outputs": [{"name": "default"}],
        }
        nodes.append(
            made | more | draw(st.sampled_from([{}, {"name": "Ärger: ${a} `b`"}, {"unknown": {"x": [1]}}]))
        )
        return made["node_id"]

    uri = draw(st.sampled_from(["s3://b/p.csv", None, "", "s3://<<AWS_ACCOUNT_NUMBER>>/{{month}}/p.csv"]))
    context = {"s3Uri": uri, "s3ContentType": "csv", "s3HasHeader": draw(st.sampled_from([True, None]))}
    source = {
        "dataset_definition": {"name": draw(st.sampled_from(["p.csv", None])), "s3ExecutionContext": context}
    }
    last = node("s3_source", source, kind="SOURCE")
    schema = {"schema": dict(draw(st.permutations(list(TYPES.items()))))}
    last = node("spark.infer_and_cast_type", {}, last, trained_parameters=schema)
    for operator, parameters in draw(st.lists(STEPS, max_size=4)):
        last = node(operator, parameters, last)
        if draw(st.booleans()):
            node("visualizations.describe", {"name": "Untitled"}, last, kind="VISUALIZATION")
    found = {"metadata": {"version": 1}, "nodes": draw(st.permutations(nodes))}
    return found | draw(st.sampled_from([{}, {"parameters": []}, {"internal_metadata": {"dw_job": {}}}]))


def outcome(project):
    """What a run says, and what it writes."""
    try:
        result = project.run(Options(allow_code=True, report="none"), apart=False)
    except WeirflowError as error:
        return [(d.code, d.node) for d in error.diagnostics]
    said = sorted((d.code, d.node or "") for d in result.problems if d.severity is Severity.ERROR)
    folder = project.path.parent / "output"
    return said, {f.name: f.read_bytes() for f in folder.glob("*")} if folder.is_dir() else {}


@SHARED
@given(flows())
def test_a_flow_is_read_planned_and_written_as_the_same(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("flow")
    theirs, mine = folder / "a" / "x.flow", folder / "b" / "x.flow"
    for path in (theirs, mine):
        path.parent.mkdir()
    theirs.write_text(json.dumps(data))
    first = Project(theirs, registry=REGISTRY)
    mine.write_text(flow_text(first.loaded.imported, "x"))
    second = Project(mine, registry=REGISTRY)
    wrong = [
        {(d.code, d.node) for d in p.diagnose() if d.severity is Severity.ERROR} for p in (first, second)
    ]
    assert wrong[0] == wrong[1]
    assert {code for code, _ in wrong[0]} <= {
        "WF401",
        "WF402",
        "WF403",
    }  # of columns that are there twice, or gone
    assert shape(first) == shape(second)


def shape(project):
    """The nodes of a flow, without where they stand."""
    return [
        (n.id, n.operator, n.parameters, n.title, [(i.node, i.output) for i in n.inputs or ()])
        for n in project.loaded.flow.nodes
    ]


@settings(SHARED, max_examples=5)
@given(flows())
def test_the_file_that_is_written_gives_the_same_tables(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("flow")
    (folder / "p.csv").write_text(ROWS)
    theirs, mine = folder / "a" / "x.flow", folder / "b" / "x.flow"
    for path in (theirs, mine):
        path.parent.mkdir()
    theirs.write_text(json.dumps(data))
    sources = {"": str(folder / "p.csv")}
    first = Project(theirs, registry=REGISTRY, sources=sources)
    mine.write_text(flow_text(first.loaded.imported, "x"))
    built = Project(mine, registry=REGISTRY).built
    entries, _ = bound(built.graph, first.loaded.imported)
    write_trained(trained_path(mine), "x", entries, first.loaded.imported.sources)
    assert outcome(first) == outcome(Project(mine, registry=REGISTRY, sources=sources))


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from(["", "x", "1", "${x}"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "operator"]), inner, max_size=2)
    ),
    max_leaves=3,
)


def places(data, path=()):
    """Every place in JSON."""
    yield path
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        yield from places(value, (*path, key))


@settings(SHARED, max_examples=150)
@given(st.data())
def test_whatever_stands_in_a_file_is_read_or_said_to_be_wrong(data):
    flow = json.loads(json.dumps(data.draw(flows())))  # strategies share what they draw
    for _ in range(data.draw(st.integers(1, 3))):
        *inner, last = data.draw(st.sampled_from([p for p in places(flow) if p]))
        within = flow
        for key in inner:
            within = within[key]
        within[last] = data.draw(JUNK)
    with contextlib.suppress(NodeError):
        made = convert(flow)
        assert made is None or flow_text(made, "x")


def test_a_flow_of_thousands_of_nodes_and_megabytes_of_insights_is_read_at_once(
    tmp_path, vendor, source, file_of, drop
):
    from time import perf_counter

    nodes = [source(), drop("0", "c0", "s")]
    nodes += [drop(str(i), f"c{i}", str(i - 1)) for i in range(1, 1000)]
    report = {"labels": ["a value of a column"] * 150_000}
    nodes[-1]["trained_parameters"] = {"insights_report_parameters": report}
    path = tmp_path / "x.flow"
    path.write_text(json.dumps(file_of(*nodes)))
    assert path.stat().st_size > 3_000_000
    began = perf_counter()
    assert len(Project(path, registry=REGISTRY).loaded.flow.nodes) == 1002
    assert perf_counter() - began < 10  # half a second on a quiet machine
