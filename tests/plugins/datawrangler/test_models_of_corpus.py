"""Every model that the service has fitted in a public flow: decoded, and learned anew where its data is public too."""

import csv
import json
from collections import Counter
from pathlib import PurePosixPath

import pytest

from weirflow.api import NodeError
from weirflow.errors import FlowError
from weirflow.plan.model import Options
from weirflow.project import Project
from weirflow_datawrangler.document import read_nodes
from weirflow_datawrangler.models import decode

KINDS = (
    "StringIndexerModel",
    "OneHotEncoderModel",
    "StandardScalerModel",
    "MinMaxScalerModel",
    "CountVectorizerModel",
    "IDFModel",
)

OTHER_EDITION = {
    ("claims", "one_hot_encode_authorities_contacted"),
    ("customers", "one_hot_encode_customer_gender"),
}
"""Learned from other claims and customers than the public ones, which are made by a generator: the numbers of rows
that decide the order of two categories, or whether there are any of a category, differ."""

LACKING = "feature-transforms"
"""It encodes a column that the public file of its name lacks."""

FLOWS = 11


def blobs(value):
    """The models in what a node has learned."""
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    else:
        inner = ()
        if isinstance(value, str) and value.startswith("P)h>"):  # a zip in base85
            yield value
    for one in inner:
        yield from blobs(one)


def models(flow):
    """The models of a flow, by the node's own kind of what it learned."""
    for node in read_nodes(json.loads(flow.read_text())):
        for blob in blobs(node.trained):
            try:
                yield node, decode(blob, *KINDS)
            except NodeError as error:
                yield node, error


def test_every_model_decodes(corpus):
    found = Counter()
    for flow in sorted((corpus / "datawrangler" / "flows").glob("*.flow")):
        for _, model in models(flow):
            damaged = isinstance(model, NodeError)
            found["damaged" if damaged else model.kind] += 1
            assert damaged or model.row
    assert found == {
        "StringIndexerModel": 42,
        "OneHotEncoderModel": 37,
        "StandardScalerModel": 10,
        "MinMaxScalerModel": 21,
        "CountVectorizerModel": 2,
        "IDFModel": 1,
        "damaged": 4,  # account numbers were blanked in the middle of them
    }


def bound(project, folder):
    """The public data of each source: by the columns that the service knew, else by the file's name. Or None."""
    found = {}
    for node in project.loaded.imported.nodes:
        if not node.operator.startswith("read."):
            continue
        known = set(project.loaded.imported.sources.get(node.id, ()))
        name = PurePosixPath(str(node.parameters.get("path", ""))).name
        for file in sorted(folder.iterdir()):
            with file.open(encoding="utf-8-sig", newline="") as text:
                header = set(next(csv.reader(text)))
            if header == known or (not known and file.name.endswith(f"__{name}")):
                found[node.id] = str(file)
        if node.id not in found:
            return None
    return found


@pytest.fixture(scope="module")
def proven(corpus):
    """The flows that have learned something from data that is public, with the data."""
    found = []
    for flow in sorted((corpus / "datawrangler" / "flows").glob("*.flow")):
        project = Project(flow)
        data = bound(project, corpus / "datawrangler" / "data")
        if data and any(
            n.trained and not n.operator.startswith("columns.") for n in project.loaded.imported.nodes
        ):
            found.append((flow, data))
    return found


def test_which_flows_are_learned_anew(proven):
    assert len(proven) == FLOWS


@pytest.mark.parametrize("number", range(FLOWS))
def test_a_refit_on_the_same_data_gives_the_services_values(proven, tmp_path, number):
    flow, data = proven[number]
    theirs = tmp_path / "theirs.flow"
    theirs.write_bytes(flow.read_bytes())
    sampled = {"sample": "as-saved"} if "sample" in Project(theirs).loaded.flow.parameters else {}
    project = Project(theirs, sources=data, parameters=sampled)
    kept = {
        n: e.trained for n, e in project.trained_file.nodes.items() if not e.operator.startswith("columns.")
    }
    if flow.stem.endswith(LACKING):
        with pytest.raises(FlowError, match="no column 'medical_specialty'"):
            project.plan()
        return
    project.run(Options(refit=True, allow_code=True, report="none"), apart=False)
    found = {n: e.trained for n, e in project.trained_file.nodes.items()}
    assert kept
    for node, learned in kept.items():
        if (flow.stem.rpartition("__")[2], node) in OTHER_EDITION:
            continue
        for part, columns in learned.items():
            for column, value in columns.items():
                wanted = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
                assert found[node][part][column] == wanted, (node, column)
