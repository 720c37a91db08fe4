"""Flows as Data Wrangler writes them, made here: a node is a few words."""

import json

import pytest


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
