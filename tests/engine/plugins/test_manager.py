"""Every plugin is loaded alone: whatever one does, the others work and its fault has a name."""

import re

import pytest

from weirflow.plugins.manager import load_plugins

GOOD = """
@hookimpl
def weirflow_nodes():
    return [NodeReference("good.node", "MODULE:Nothing", "Does good.")]
"""


def returns(expression):
    return f"@hookimpl\ndef weirflow_nodes():\n    return {expression}\n"


def infos(site, environ=None):
    return {p.name: p for p in load_plugins(environ or {}, site.points()).infos}


FAULTS = {
    "raises": ("raise RuntimeError('no luck')", r"RuntimeError: no luck \(site_plugin_\d+.py, line 2\)"),
    "exits": ("import sys; sys.exit(3)", "SystemExit: 3"),
    "syntax": ("def (", "SyntaxError: "),
    "needs": ("import not_there_at_all", "ModuleNotFoundError: No module named 'not_there_at_all'"),
    "unknown_hook": (
        "@hookimpl\ndef weirflow_node(): return []",
        "unknown hook 'weirflow_node'; did you mean 'weirflow_nodes'",
    ),
    "signature": (
        "@hookimpl\ndef weirflow_nodes(registry): return []",
        r"weirflow_nodes.*\{'registry'\} are declared in the hookimpl but can not be found",
    ),
    "unmarked": ("def weirflow_nodes(): return []", "implements no hook; .*marked with @hookimpl"),
    "hook_raises": ("@hookimpl\ndef weirflow_nodes(): raise KeyError('x')", "KeyError: 'x'"),
    "generator": (
        "@hookimpl\ndef weirflow_nodes():\n    yield NodeReference('a.b', 'a:B', 'C.')\n    1 / 0",
        "ZeroDivisionError: division by zero",
    ),
    "one": (returns("NodeReference('a.b', 'a:B', 'C.')"), "object of type NodeReference; expected several"),
    "text": (returns("'a.b'"), "object of type str; expected several"),
    "classes": (returns("[Transform]"), "expected NodeReference or Upgrade"),
    "grammar": (returns("[NodeReference('OneHot', 'a:B', 'C.')]"), "'OneHot' is not an operator's name"),
    "no_operator": (returns("[NodeReference(None, 'a:B', 'C.')]"), "None is not an operator's name"),
    "target": (returns("[NodeReference('a.b', 'a.B', 'C.')]"), "a.b@1 has target 'a.B'; expected module:"),
    "version": (returns("[NodeReference('a.b', 'a:B', 'C.', version=0)]"), "a.b has version 0; expected"),
    "version_type": (returns("[NodeReference('a.b', 'a:B', 'C.', version='1')]"), "has version '1'"),
    "summary": (returns("[NodeReference('a.b', 'a:B', ' ')]"), "a.b@1 has no summary"),
    "twice": (returns("[NodeReference('a.b', 'a:B', 'C.')] * 2"), "names a.b@1 twice"),
    "upgrade_nowhere": (
        returns("[NodeReference('a.b', 'a:B', 'C.', 3), Upgrade('a.b', 1, 2, 'a:f')]"),
        "the upgrade of a.b@1 leads to version 2, which has neither",
    ),
    "upgrade_back": (
        returns("[NodeReference('a.b', 'a:B', 'C.', 1), Upgrade('a.b', 2, 1, 'a:f')]"),
        "the upgrade of a.b@2 must lead to a later version",
    ),
    "upgrade_and_class": (
        returns("[NodeReference('a.b', 'a:B', 'C.'), Upgrade('a.b', 1, 2, 'a:f')]"),
        "names a.b@1 twice",
    ),
    "api_later": (
        f"WEIRFLOW_API = 2\n{GOOD}",
        "^it was built for version 2 of weirflow.api, and this weirflow has version 1: upgrade weirflow$",
    ),
    "api_later_import": (
        f"WEIRFLOW_API: int = 7  # a comment\nfrom weirflow.api import NotYet\n{GOOD}",
        "^it was built for version 7 of weirflow.api, and this weirflow has version 1: upgrade weirflow$",
    ),
    "api_earlier": (
        f"WEIRFLOW_API = 0\n{GOOD}",
        "^it was built for version 0 of weirflow.api, and this weirflow has version 1: upgrade the plugin$",
    ),
    "api_import": (
        f"WEIRFLOW_API = 1\nfrom weirflow.api import NotThere\n{GOOD}",
        "cannot import name 'NotThere'",
    ),
    "api_type": (
        f"WEIRFLOW_API = '1'\n{GOOD}",
        "WEIRFLOW_API is an object of type str; expected a whole number",
    ),
    "deprecated": (
        returns("[NodeReference('a.b', 'a:B', 'C.', deprecated='use a.c')]"),
        "a.b@1 has an object of type str for `deprecated`; expected Deprecated",
    ),
    "importer": (
        "@hookimpl\ndef weirflow_importers(): return ['read']",
        "weirflow_importers returned an object of type str among its results; expected ImporterReference",
    ),
    "importer_target": (
        """
from weirflow.api import ImporterReference
@hookimpl
def weirflow_importers(): return [ImporterReference('Other', 'read', frozenset())]
""",
        "the importer of Other has target 'read'; expected module:name",
    ),
    "port": ("@hookimpl\ndef weirflow_ports(): return ['mesh']", "expected PortType"),
    "port_name": (
        "@hookimpl\ndef weirflow_ports(): return [PortType('My mesh', 'x')]",
        "'My mesh' is not a port type's name",
    ),
    "port_own": (
        "@hookimpl\ndef weirflow_ports(): return [PortType('table', 'mine')]",
        "port type 'table' is weirflow's own",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_broken_plugin_is_reported_and_leaves_the_others(site, name, capsys):
    text, error = FAULTS[name]
    site.install("broken-dist", "0.9", broken=text)
    site.install("good_dist", good=GOOD, zebra=GOOD.replace("good.", "zebra."))
    found = infos(site)
    assert (found["broken"].status, found["broken"].distribution) == ("failed", "broken-dist")
    assert found["broken"].version == "0.9"
    assert found["broken"].operators == ()
    assert "\n" not in found["broken"].error
    assert re.search(error, found["broken"].error), found["broken"].error
    assert [(p.status, p.operators) for n, p in found.items() if n != "broken"] == [
        ("loaded", ("good.node@1",)),
        ("loaded", ("zebra.node@1",)),
    ]
    assert capsys.readouterr().out == ""


def test_an_interrupt_is_not_taken_for_a_fault_of_the_plugin(site):
    site.install("broken", broken="raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        infos(site)


def test_what_a_plugin_prints_stays_out_of_the_results(site, capsys):
    site.install("chatty", chatty="print('hello')\n" + GOOD)
    assert infos(site)["chatty"].status == "loaded"
    assert capsys.readouterr() == ("", "hello\n")


def test_a_plugin_says_which_api_it_was_built_for(site):
    site.install("dated", dated=f"WEIRFLOW_API = 1\n{GOOD}")
    assert infos(site)["dated"].status == "loaded"


def test_a_loaded_plugin_says_what_it_brings(site):
    site.install(
        "Good_Dist",
        "2.1",
        good="@hookimpl\ndef weirflow_ports(): return [PortType('mesh', 'triangles')]\n" + GOOD,
    )
    (plugin,) = load_plugins({}, site.points()).found
    assert plugin.info.distribution == "good-dist"
    assert str(plugin.info) == "plugin 'good' (good-dist 2.1)"
    assert plugin.info.hooks == ("weirflow_nodes", "weirflow_ports")
    assert plugin.info.location == str(site.folder / "site_plugin_0.py")
    assert [p.name for p in plugin.ports] == ["mesh"]
    assert plugin.info.error == ""
    assert not plugin.info.shipped


@pytest.mark.parametrize(
    ("environ", "blocked"),
    [
        ({}, set()),
        ({"WEIRFLOW_PLUGINS": ""}, {"one", "two"}),
        ({"WEIRFLOW_PLUGINS": "two"}, {"one"}),
        ({"WEIRFLOW_PLUGINS": " one , two,"}, set()),
    ],
)
def test_plugins_are_limited_by_the_environment(site, environ, blocked):
    site.install("others", one=GOOD, two="raise AssertionError('imported')")
    site.install("weirflow", core=GOOD)
    found = infos(site, environ)
    assert {n for n, p in found.items() if p.status == "blocked"} == blocked
    assert found["core"].status == "loaded"
    assert list(found) == ["core", "one", "two"], "those shipped come first"
    if "two" in blocked:
        assert found["two"].location == f"{site.folder}"


def test_names_that_are_allowed_and_not_there_are_told(site):
    site.install("others", one=GOOD)
    assert load_plugins({"WEIRFLOW_PLUGINS": "one,tow"}, site.points()).unknown == ("tow",)


def test_a_damaged_installation_hurts_nobody(site):
    site.install("damaged", broken="raise RuntimeError")
    site.install("good", good=GOOD)
    (site.folder / "damaged-1.0.dist-info" / "METADATA").unlink()
    found = infos(site)
    assert (found["broken"].status, found["broken"].version) == ("failed", "")
    assert found["good"].status == "loaded"
