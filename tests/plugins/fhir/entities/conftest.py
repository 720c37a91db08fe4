"""Records as the vendor returns them, built by hand after its documentation."""

import base64
import json
from dataclasses import replace

import pytest

from weirflow.api import File, Files, Inputs, ItemOutput
from weirflow_fhir.entities.node import Entities

HOST = "http://healthlake.amazonaws.com/"


class Vendor:
    """Makes extensions and records."""

    @staticmethod
    def entity(operation, short, *parts, spelling="Concept", concepts=(), **leaves):
        """An entity of an operation: leaves by the end of their URL, concepts as (code, description, score)."""
        base = f"{HOST}aws-cm/{operation}/aws-cm-{short}-entity"
        types = {int: "valueInteger", float: "valueDecimal", str: "valueString"}
        inner = [{"url": f"{base}-{n.replace('_', '-')}", types[type(v)]: v} for n, v in leaves.items()]
        listed = [
            {
                "url": f"{base}-Concept",
                "extension": [
                    {"url": f"{base}-{spelling}-Code", "valueString": code},
                    {"url": f"{base}-{spelling}-Description", "valueString": description},
                    {"url": f"{base}-{spelling}-Score", "valueDecimal": score},
                ],
            }
            for code, description, score in concepts
        ]
        if listed:
            inner.append({"url": f"{base}-ConceptList", "extension": listed})
        return {"url": base, "extension": [*parts, *inner]}

    @staticmethod
    def trait(short, operation, name):
        """A trait, as the extensions of an entity have it."""
        base = f"{HOST}aws-cm/{operation}/aws-cm-{short}-entity-trait"
        leaves = [
            {"url": f"{base}-name", "valueString": name},
            {"url": f"{base}-score", "valueDecimal": 0.9},
        ]
        return {"url": base, "extension": leaves}

    @staticmethod
    def operation(name, *entities, raw="{Entities: []}"):
        """What an operation gave."""
        base = f"{HOST}aws-cm/{name}/"
        head = [
            {"url": base + "raw-response", "valueString": raw},
            {"url": base + "model-version", "valueString": "0.1.0"},
        ]
        return {"url": base, "extension": [*entities, *head]}

    @staticmethod
    def document(text, *operations, kind="text/plain", **more):
        """A document with what was found in it."""
        data = base64.b64encode(text.encode()).decode()
        return {
            "resourceType": "DocumentReference",
            "id": "d",
            "subject": {"reference": "Patient/p"},
            "context": {"encounter": [{"reference": "Encounter/e"}]},
            "content": [{"attachment": {"contentType": kind, "data": data}}],
            "extension": [{"url": HOST + "aws-cm/", "extension": list(operations)}],
        } | more


@pytest.fixture
def vendor():
    """What makes records."""
    return Vendor


@pytest.fixture
def entities(tmp_path):
    """Take the entities of files, which are lists of resources or lines by name: rows, rejects, and warnings."""

    def take(files):
        for name, lines in files.items():
            (tmp_path / name).write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines))
        node, warnings, results = Entities(), [], []
        given = Files(tuple(File(tmp_path / n) for n in files))
        for number, item in enumerate(node.items(Inputs([("files", given)]))):
            folder = tmp_path / f"item{number}"
            folder.mkdir()
            results.append(replace(node.process(item, ItemOutput(folder, warnings.append)), folder=folder))
        outputs = node.finish(results)
        tables = [outputs[p].collect("polars").to_native().to_dicts() for p in ("default", "rejects")]
        return *([{k: v for k, v in r.items() if v is not None} for r in t] for t in tables), warnings

    return take
