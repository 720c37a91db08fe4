"""The example plugin, installed by pip beside the product, and a broken one beside both."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pip") is None or importlib.util.find_spec("hatchling") is None,
    reason="pip and hatchling are needed to install a plugin: pip install pip hatchling",
)

LIST = """
import json
from weirflow.api import Schema
from weirflow.plugins.describe import describe
from weirflow.plugins.registry import Registry
registry = Registry.load()
facts = describe(registry, registry.find("example.winsorise"))
print(json.dumps({
    "plugins": {p.name: [p.distribution, p.version, p.status, p.error] for p in registry.plugins},
    "problems": [p.message for p in registry.problems],
    "winsorise": [facts["kind"], facts["summary"], [p["name"] for p in facts["parameters"]]],
    "operators": [r.operator for r in registry.references()],
}))
"""

BROKEN = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "weirflow-broken"
version = "0.0.7"
[project.entry-points.weirflow]
broken = "weirflow_broken"
"""


@pytest.fixture(scope="module")
def site(repository, tmp_path_factory):
    """A folder into which pip installed the example and a plugin that raises when it is imported."""
    folder = tmp_path_factory.mktemp("site")
    broken = tmp_path_factory.mktemp("broken")
    broken.joinpath("pyproject.toml").write_text(BROKEN)
    broken.joinpath("weirflow_broken.py").write_text("raise RuntimeError('built for another world')")
    example = repository / "plugins" / "_example"
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", folder, example, broken],
        check=True,
    )
    return folder


def in_site(site, *command):
    environ = {k: v for k, v in os.environ.items() if k != "WEIRFLOW_PLUGINS"}
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        env={**environ, "PYTHONPATH": path},
    )


def test_it_is_found_and_the_broken_one_leaves_all_others_working(site):
    done = in_site(site, "-c", LIST)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    plugins = found["plugins"]
    assert plugins["example"] == ["weirflow-example", "0.1.0", "loaded", ""]
    assert plugins["broken"][:3] == ["weirflow-broken", "0.0.7", "failed"]
    assert plugins["broken"][3] == "RuntimeError: built for another world (weirflow_broken.py, line 1)"
    assert [plugins[n][2] for n in ("analyses", "files", "tabular")] == ["loaded"] * 3
    assert {"example.squeeze_spaces", "example.winsorise", "files.hash"} <= set(found["operators"])
    kind, summary, parameters = found["winsorise"]
    assert (kind, summary) == ("estimator", "Pull values beyond two quantiles back to them.")
    assert parameters == ["columns", "lower", "upper"]
    assert len(found["problems"]) == 1
    assert "plugin 'broken' (weirflow-broken 0.0.7) could not be loaded" in found["problems"][0]


def test_its_own_tests_pass(site, repository):
    tests = repository / "plugins" / "_example"
    done = in_site(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tests, tests)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout
