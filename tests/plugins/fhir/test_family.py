"""Every operator of the family is held to the node specification, in one of the modules beside this one."""

from importlib import import_module
from pathlib import Path
from runpy import run_path

from weirflow_fhir.plugin import weirflow_nodes


def test_every_node_of_the_family_has_a_case():
    every = {getattr(import_module(m), n) for m, _, n in (r.target.partition(":") for r in weirflow_nodes())}
    modules = Path(__file__).parent.glob("test_conformance*.py")
    held = {node for module in modules for node, _ in run_path(str(module))["CASES"]}
    assert held == every
