"""Looking for operators stays cheap: no table library is loaded, and every hook has its words."""

import inspect
import json
import subprocess
import sys

from weirflow.plugins import hookspecs

SCRIPT = """
import json, sys
from weirflow.plugins.registry import Registry
registry = Registry.load({"WEIRFLOW_PLUGINS": ""})
print(json.dumps({
    "shipped": [p.name for p in registry.plugins if p.shipped and p.status == "loaded"],
    "operators": [r.operator for r in registry.references()],
    "problems": [p.message for p in registry.problems],
    "modules": sorted({m.partition(".")[0] for m in sys.modules}),
}))
"""


def test_loading_the_registry_imports_no_table_library():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["shipped"] == ["analyses", "datawrangler", "fhir", "files", "labels", "tabular"]
    assert {"files.hash", "encode.one_hot", "analyse.bias"} <= set(found["operators"])
    assert found["problems"] == []
    heavy = {"polars", "pandas", "narwhals", "numpy", "pyarrow", "duckdb", "altair", "sklearn", "packaging"}
    assert heavy.isdisjoint(found["modules"])


def test_every_hook_says_what_it_takes_and_gives_and_shows_a_use():
    hooks = {n: h for n, h in vars(hookspecs).items() if n.startswith("weirflow_")}
    assert set(hooks) == {"weirflow_importers", "weirflow_nodes", "weirflow_ports"}
    for name, hook in hooks.items():
        text = inspect.getdoc(hook)
        arguments = list(inspect.signature(hook).parameters)
        assert all(a in text for a in arguments or ["Arguments: none."])
        assert "Returns: " in text
        assert f"@hookimpl\n    def {name}({', '.join(arguments)}):" in text
