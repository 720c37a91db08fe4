from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from weirflow.api import Node
from weirflow.node.model import OPERATOR
from weirflow_tabular.plugin import weirflow_nodes

REFERENCES = list(weirflow_nodes())


@pytest.mark.parametrize("reference", REFERENCES, ids=lambda r: r.operator)
def test_a_reference_leads_to_its_class(reference):
    module, _, name = reference.target.partition(":")
    node = getattr(importlib.import_module(module), name)
    assert issubclass(node, Node)
    assert node.reference() == reference.reference
    assert OPERATOR.fullmatch(node.operator)
    assert node.__doc__
    for parameter, info in node.model_fields.items():
        assert info.description, parameter
    node.model_json_schema()


def test_operators_are_distinct():
    assert len({r.operator for r in REFERENCES}) == len(REFERENCES)


def test_no_table_library_is_loaded_to_check_a_flow():
    modules = sorted({r.target.partition(":")[0] for r in REFERENCES})
    code = (
        f"import sys, importlib\nfor m in {modules}: importlib.import_module(m)\n"
        "print([m for m in ('polars', 'pandas', 'pyarrow', 'numpy', 'duckdb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
