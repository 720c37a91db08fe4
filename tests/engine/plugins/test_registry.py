"""The registry finds operators, imports their classes when asked, and says what is wrong in the user's words."""

import pytest

from weirflow.api import Effect, NodeReference, Transform
from weirflow.errors import Diagnostic, FlowError, MissingError, Severity, UsageError
from weirflow.plugins.registry import Registry

CLASS = """
class Node(Transform):
    '''Does good.'''
    operator = "{0}"
    version = {1}
    def transform(self, inputs): return inputs.table
"""


def plugin(*results, code=""):
    return f"@hookimpl\ndef weirflow_nodes(): return [{', '.join(results)}]\n{code}"


def reference(operator, version=1, target="MODULE:Node", **more):
    options = "".join(f", {k}={v!r}" for k, v in more.items())
    return f"NodeReference('{operator}', '{target}', 'Does good.', {version}{options})"


def load(site, environ=None):
    return Registry.load(environ or {}, site.points())


class Echo(Transform):
    """Give back the table.

    As it is.
    """

    operator = "echo.table"

    def transform(self, inputs):
        return inputs.table


def failing(registry, operator, code, match):
    with pytest.raises(MissingError, match=match) as caught:
        registry.node_class(registry.find(operator))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    return diagnostic


def test_the_newest_version_is_meant_where_none_is_named(site):
    site.install("many", many=plugin(reference("a.b", 2), reference("a.b", 10), reference("a.a", 1)))
    registry = load(site)
    assert registry.find("a.b").version == 10
    assert registry.find("a.b", 2).version == 2
    assert [r.reference for r in registry.references()] == ["a.a@1", "a.b@2", "a.b@10"]
    assert registry.versions("a.b") == (2, 10)
    assert registry.problems == ()


def test_an_unknown_operator_is_told_with_what_was_probably_meant(site):
    site.install("many", many=plugin(reference("encode.one_hot"), reference("scale.standard")))
    found = load(site).find("encode.onehot")
    assert isinstance(found, Diagnostic)
    assert (found.code, found.where) == ("WF501", None)
    assert found.message == "no installed plugin has the operator 'encode.onehot'"
    assert found.hint == "did you mean 'encode.one_hot'?"


def test_an_unknown_version_is_told_with_those_there_are(site):
    site.install("many", many=plugin(reference("a.b", 2), reference("a.b", 3)))
    found = load(site).find("a.b", 4)
    assert (found.code, found.message) == ("WF502", "operator 'a.b' has no version 4")
    assert found.hint == "there is a.b@2 and a.b@3"


def test_the_plugin_that_failed_is_named_where_its_operators_are_missed(site):
    site.install("weirflow-slides", "0.3", slides="raise RuntimeError('no luck')")
    site.install("others", other=plugin(reference("a.b")))
    registry = load(site)
    found = registry.find("slides.tile")
    assert found.code == "WF501"
    assert found.message.startswith(
        "operator 'slides.tile' is missing: plugin 'slides' (weirflow-slides 0.3) could not be loaded: "
        "RuntimeError: no luck"
    )
    assert found.hint == "reinstall or remove weirflow-slides"
    elsewhere = registry.find("tiles.read")
    assert elsewhere.message == "no installed plugin has the operator 'tiles.read'"
    assert "plugin 'slides' (weirflow-slides 0.3) could not be loaded" in elsewhere.notes[0]
    (problem,) = registry.problems
    assert (problem.code, problem.severity) == ("WF503", Severity.WARNING)


def test_a_blocked_plugin_is_named_with_the_way_to_allow_it(site):
    site.install("others", other=plugin(reference("other.node")))
    found = load(site, {"WEIRFLOW_PLUGINS": ""}).find("other.node")
    assert "plugin 'other' (others 1.0) is not allowed by WEIRFLOW_PLUGINS" in found.message
    assert "add 'other' to WEIRFLOW_PLUGINS" in found.hint


def test_allowing_what_is_not_installed_is_a_warning(site):
    site.install("others", other=plugin(reference("other.node")))
    (problem,) = load(site, {"WEIRFLOW_PLUGINS": "othr"}).problems
    assert problem.message == "WEIRFLOW_PLUGINS allows plugin 'othr', which is not installed"
    assert problem.hint == "did you mean 'other'?"
    assert problem.severity is Severity.WARNING


def test_two_plugins_with_one_operator_are_both_named_and_the_shipped_one_wins(site):
    site.install("aaa", aaa=plugin(reference("a.b", target="theirs:Node")))
    site.install("weirflow", zzz=plugin(reference("a.b", target="ours:Node")))
    registry = load(site)
    assert registry.find("a.b").target == "ours:Node"
    (problem,) = registry.problems
    assert (problem.code, problem.severity) == ("WF505", Severity.WARNING)
    assert "operator 'a.b@1'" in problem.message
    assert "plugin 'aaa' (aaa 1.0)" in problem.message
    assert "plugin 'zzz' (weirflow 1.0)" in problem.message


def test_a_newer_version_does_not_take_another_plugins_operator_over(site):
    site.install("aaa", aaa=plugin(reference("a.b", 99, target="theirs:Node")))
    site.install("weirflow", zzz=plugin(reference("a.b", 1, target="ours:Node")))
    registry = load(site)
    assert registry.find("a.b").target == "ours:Node"
    assert [p.code for p in registry.problems] == ["WF505"]


def test_a_class_is_imported_once_and_when_asked_for(site):
    site.install("good", good=plugin(reference("a.b"), code=CLASS.format("a.b", 1)))
    registry = load(site)
    node = registry.node_class(registry.find("a.b"))
    assert (node.operator, issubclass(node, Transform)) == ("a.b", True)
    assert registry.node_class(registry.find("a.b")) is node
    assert registry.plugin_of(registry.find("a.b")).name == "good"


BROKEN = {
    "module": (reference("a.b", target="not_there_at_all:Node"), "", "No module named 'not_there_at_all'"),
    "name": (reference("a.b", target="MODULE:Other"), "", "has no attribute 'Other'"),
    "no_node": (reference("a.b"), "class Node: pass", "it is not a node class"),
    "function": (reference("a.b"), "def Node(): pass", "it is not a node class"),
    "abstract": (
        reference("a.b"),
        "class Node(Transform):\n    operator = 'a.b'",
        "it does not define transform",
    ),
    "operator": (reference("a.b"), CLASS.format("a.c", 1), "it says that it is a.c@1"),
    "version": (reference("a.b"), CLASS.format("a.b", 2), "it says that it is a.b@2"),
    "raises": (reference("a.b", target="site_broken:Node"), "", "SystemExit: 4"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_class_that_is_not_what_was_announced_is_refused(site, name):
    given, code, why = BROKEN[name]
    site.folder.joinpath("site_broken.py").write_text("raise SystemExit(4)")
    site.install("bad-dist", "0.2", bad=plugin(given, code=code))
    found = failing(load(site), "a.b", "WF503", f"operator 'a.b@1' of plugin 'bad' .bad-dist 0.2.*{why}")
    assert found.hint == "reinstall or remove bad-dist"


def test_a_library_that_is_not_installed_is_told_with_the_command_that_brings_it(site):
    site.folder.joinpath("site_needy.py").write_text("import not_there_at_all.part")
    given = [
        reference("a.b", target="site_needy:Node", extra="fancy"),
        reference("a.c", target="site_needy:Node"),
    ]
    site.install("needy", needy=plugin(*given))
    registry = load(site)
    found = failing(registry, "a.b", "WF504", "'a.b@1' needs not_there_at_all, which is not installed")
    assert found.hint.endswith("pip install 'needy[fancy]'")
    found = failing(registry, "a.c", "WF504", "'a.c@1' needs not_there_at_all")
    assert found.hint == "reinstall needy, which should have brought it"


def test_an_extra_is_asked_for_before_the_node_is_used(site):
    # the class imports its library only while it works: found out in `check`, not an hour into a run
    site.install(
        "needy",
        metadata="Provides-Extra: fancy\nRequires-Dist: not-there-at-all>=2; extra == 'fancy'\n",
        needy=plugin(reference("a.b", extra="fancy"), code=CLASS.format("a.b", 1)),
    )
    registry = load(site)
    assert registry.lacking(registry.find("a.b")) == ("not-there-at-all>=2",)
    failing(registry, "a.b", "WF504", "needs not-there-at-all>=2, which is not installed")
    assert registry.node_class(registry.find("a.b"), to_read=True).operator == "a.b"


UPGRADES = plugin(
    "Upgrade('a.b', 1, 2, 'MODULE:from_1')",
    "Upgrade('a.b', 2, 4, 'MODULE:from_2')",
    reference("a.b", 4),
    code="""
def from_1(old):
    return {"columns": [old.pop("column")]}

def from_2(old):
    if not old["columns"][0]:
        raise NodeError("an empty column has no meaning any more", hint="name one")
    return {**old, "drop": False}
"""
    + CLASS.format("a.b", 4),
)


def test_old_parameters_are_brought_to_the_version_that_has_a_class(site):
    site.install("good", good=UPGRADES)
    registry = load(site)
    assert registry.find("a.b", 1).version == 4
    assert registry.find("a.b").version == 4
    old = {"column": "age"}
    assert registry.upgrade("a.b", 1, old) == (4, {"columns": ["age"], "drop": False})
    assert old == {"column": "age"}, "the caller's mapping stays as it is"
    assert registry.upgrade("a.b", 2, {"columns": ["age"]}) == (4, {"columns": ["age"], "drop": False})
    assert registry.upgrade("a.b", 4, old) == (4, old)
    assert registry.find("a.b", 3).hint == "there is a.b@1, a.b@2 and a.b@4"


def test_an_upgrade_without_a_meaning_is_the_flows_error(site):
    site.install("good", good=UPGRADES)
    with pytest.raises(FlowError, match=r"a\.b@2 to @4: an empty column has no meaning any more") as caught:
        load(site).upgrade("a.b", 1, {"column": ""})
    assert caught.value.diagnostics[0].code == "WF502"
    assert caught.value.diagnostics[0].hint == "name one"


def test_an_upgrade_that_breaks_is_the_plugins_error_and_tells_no_value(site):
    site.install("good", good=UPGRADES)
    with pytest.raises(MissingError, match=r"plugin 'good'.*cannot upgrade a.b@2 to @4.*KeyError") as caught:
        load(site).upgrade("a.b", 2, {"password": "hunter2"})
    assert caught.value.diagnostics[0].code == "WF503"
    assert "hunter2" not in str(caught.value)


def test_port_types_of_plugins_join_weirflows_own(site):
    ports = "@hookimpl\ndef weirflow_ports(): return [PortType('mesh', '{}')]\n"
    site.install("one", one=ports.format("triangles"))
    site.install("same", same=ports.format("triangles"))
    registry = load(site)
    assert {"table", "files", "mesh"} <= set(registry.port_types)
    assert registry.problems == ()
    site.install("zother", zother=ports.format("polygons"))
    registry = load(site)
    assert registry.port_types["mesh"].summary == "triangles"
    (problem,) = registry.problems
    assert "port type 'mesh' of plugin 'zother'" in problem.message


def test_classes_join_a_registry_without_a_plugin():
    empty = Registry.load({}, [])
    registry = empty.with_nodes(Echo)
    assert empty.references() == ()
    found = registry.find("echo.table")
    assert found == NodeReference("echo.table", f"{__name__}:Echo", "Give back the table.")
    assert registry.node_class(found) is Echo

    class Again(Echo):
        """Newer."""

        def effect(self, schema):
            return Effect()

    again = registry.with_nodes(Again)
    assert again.node_class(again.find("echo.table")) is Again
    assert registry.node_class(found) is Echo
    with pytest.raises(MissingError, match="WF501"):
        empty.node_class(found)


def test_classes_that_are_no_nodes_are_refused():
    class Unnamed(Transform):
        def transform(self, inputs):
            return inputs.table

    class Misnamed(Echo):
        operator = "Echo"

    for node, match in (
        (Transform, "it has no operator"),
        (Unnamed, "it has no operator"),
        (Misnamed, "'Echo' is no operator's name"),
        (dict, "dict cannot be used as a node: it is not a node class"),
    ):
        with pytest.raises(UsageError, match=match):
            Registry.load({}, []).with_nodes(node)
