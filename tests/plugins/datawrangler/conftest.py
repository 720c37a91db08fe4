"""Flows as Data Wrangler writes them, made here: a node is a few words."""

import base64
import csv
import io
import json
import re
import zipfile

import pytest

from weirflow.plan.model import Options
from weirflow.project import Project


@pytest.fixture
def vendor():
    """Nodes as the vendor's file has them: `id`, operator, parameters, and the ids of inputs (`id.output`)."""

    def node(id_, operator, parameters=None, *inputs, kind="TRANSFORM", **more):
        made = {
            "node_id": id_,
            "type": kind,
            "operator": f"sagemaker.{operator}_0.1",
            "parameters": parameters or {},
            "inputs": [
                {
                    "name": "df",
                    "node_id": i.partition(".")[0],
                    "output_name": i.partition(".")[2] or "default",
                }
                for i in inputs
            ],
            "outputs": [{"name": "default"}],
        }
        return made | more

    return node


@pytest.fixture
def source(vendor):
    """A source in S3; options are those of its context."""

    def make(id_="s", uri="s3://bucket/in/people.csv", **options):
        context = {
            "s3Uri": uri,
            "s3ContentType": "csv",
            "s3HasHeader": True,
            "s3FieldDelimiter": ",",
            **options,
        }
        definition = {
            "datasetSourceType": "S3",
            "name": uri.rpartition("/")[2],
            "s3ExecutionContext": context,
        }
        return vendor(id_, "s3_source", {"dataset_definition": definition}, kind="SOURCE")

    return make


@pytest.fixture
def drop(vendor):
    """A node that drops a column."""

    def make(id_, columns, *inputs, **more):
        parameters = {"operator": "Drop column", "drop_column_parameters": {"column_to_drop": columns}}
        return vendor(id_, "spark.manage_columns", parameters, *inputs, **more)

    return make


@pytest.fixture
def file_of():
    """The vendor's data of these nodes."""

    def make(*nodes, version=1):
        return {"metadata": {"version": version, "disable_limits": False}, "nodes": list(nodes)}

    return make


@pytest.fixture
def written(tmp_path, file_of):
    """The vendor's file of these nodes."""

    def make(*nodes):
        path = tmp_path / "theirs.flow"
        path.write_text(json.dumps(file_of(*nodes)))
        return path

    return make


@pytest.fixture
def saved(tmp_path):
    """A model of Spark's as the service keeps it: saved, zipped, as base85."""

    def make(model):
        folder = tmp_path / model.uid
        model.write().overwrite().save(str(folder))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in sorted(folder.rglob("*")):
                archive.write(path, path.relative_to(folder))
        return base64.b85encode(packed.getvalue()).decode()

    return make


@pytest.fixture
def ran(tmp_path, written, source, vendor):
    """What nodes after one source give on some rows, as names and rows of text by the name of the node.

    A node is a name, an operator, a kind, parameters, and what it learned, which lie beside one another.
    """

    def run(schema, rows, nodes):
        infer = vendor("i", "spark.infer_and_cast_type", {}, "s")
        infer["trained_parameters"] = {"schema": schema}
        made = []
        for name, operator, kind, given, learned in nodes:
            key = "_".join(re.findall("[a-z0-9]+", kind.lower())) + "_parameters"
            node = vendor(name, operator, {"operator": kind, key: given}, "i", name=name)
            if learned:
                node["trained_parameters"] = {key: learned}
            made.append(node)
        flow = written(source(), infer, *made)
        with (tmp_path / "mine.csv").open("w", newline="") as file:
            csv.writer(file).writerows([list(schema), *rows])
        project = Project(flow, sources={"": str(tmp_path / "mine.csv")})
        assert project.run(Options(report="none"), apart=False).check().ok
        found = {}
        for name, *_ in nodes:
            # of a node that became several, the last one's file
            (path,) = (f for f in (tmp_path / "output").iterdir() if re.fullmatch(rf"{name}(_\d+)?", f.stem))
            with path.open(newline="") as file:
                names, *lines = csv.reader(file)
            found[name] = names, lines
        return found

    return run
