"""A node's reference put into a plugin's list: the module that comes out is executed."""

import pytest

from weirflow.new.register import registered

HEAD = "from weirflow.api import NodeReference, hookimpl\n\n\n@hookimpl\ndef weirflow_nodes():\n"
ONE = 'NodeReference(operator="a.one", target="p.one:One", summary="One.")'
TWO = 'NodeReference(operator="a.two", target="p.two:Two", summary="Größe, 列.")'

TAKEN = {
    "as it is made": (f"    return [\n        {ONE},\n    ]\n", 1),
    "nothing yet": ("    return []\n", 0),
    "nothing, and a note": ("    return [  # none yet\n    ]\n", 0),
    "on one line": (f"    return [{ONE}]\n", 1),
    "two on one line": (f"    return [{ONE}, {TWO}]\n", 2),
    "no comma at the end": (f"    return [\n        {ONE},\n        {TWO}\n    ]\n", 2),
    "notes": (f"    return [\n        # the first\n        {ONE},  # ü\n        {TWO},  # two\n    ]\n", 2),
    "a tab": (f"\treturn [\n\t\t{ONE},\n\t]\n", 1),
    "all of another list": (
        f"    others = [{TWO}]\n    return [\n        {ONE},\n        *others,\n    ]\n",
        2,
    ),
    "a docstring": (
        f'    """The nodes: [].\n\n    All of them.\n    """\n    return [\n        {ONE},\n    ]\n',
        1,
    ),
    "more below": (f"    return [\n        {ONE},\n    ]\n\n\ndef other():\n    return [1]\n", 1),
}


def add(text):
    return registered(text.encode(), "a.new", "p.new:New", "New.")


def references(module):
    space = {}
    exec(compile(module, "plugin.py", "exec", dont_inherit=True), space)
    return [r.reference for r in space["weirflow_nodes"]()]


@pytest.mark.parametrize(("body", "before"), TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "windows"])
def test_it_comes_last_and_the_rest_stays(body, before, end):
    old = HEAD + body
    new = add(old.replace("\n", end))
    assert references(new) == [*references(old), "a.new@1"]
    assert len(references(new)) == before + 1
    assert new.count(b"\n") == new.count(end.encode())
    rest = iter(new.decode())
    assert all(c in rest for c in old.replace("\n", end))  # each character is there yet, in its order


def test_a_plugin_as_it_is_made_stays_as_a_formatter_has_it():
    text = HEAD + f"    return [\n        {ONE},\n    ]\n"
    inserted = '        NodeReference(\n            operator="a.new",\n            target="p.new:New",\n'
    inserted += '            summary="New.",\n        ),\n'
    assert add(text).decode() == HEAD + f"    return [\n        {ONE},\n{inserted}    ]\n"


@pytest.mark.parametrize("margin", ["\t\t", " " * 12])
def test_it_begins_where_the_one_above_begins(margin):
    text = HEAD + f"    return [\n{margin}{ONE},\n    ]\n"
    assert f"\n{margin}NodeReference(\n{margin}    operator=" in add(text).decode()


REFUSED = {
    "no Python": "def weirflow_nodes(:\n",
    "empty": "",
    "no hook": "from weirflow.api import NodeReference\n",
    "not imported": "def weirflow_nodes():\n    return []\n",
    "imported under another name": HEAD.replace("NodeReference,", "NodeReference as R,") + "    return []\n",
    "a tuple": HEAD + f"    return ({ONE},)\n",
    "a name": f"{HEAD}    return NODES\n\n\nNODES = [{ONE}]\n",
    "a comprehension": HEAD + f"    return [r for r in [{ONE}]]\n",
    "a sum": HEAD + f"    return [{ONE}] + []\n",
    "two returns": HEAD + f"    if len('a') > 1:\n        return []\n    return [{ONE}]\n",
    "none": HEAD + "    pass\n",
    "two hooks": HEAD + "    return []\n\n\n" + HEAD.partition("@")[2] + "    return []\n",
    "a method": HEAD.replace("def weirflow_nodes()", "class A:\n    def weirflow_nodes(self)")
    + "        return []\n",
    "in brackets": HEAD + f"    return [({ONE})]\n",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_written_otherwise_is_refused(text):
    assert add(text) is None


def test_what_is_no_utf8_is_refused():
    assert (
        registered((HEAD + f"    return [{TWO}]\n").encode("latin-1", "replace"), "a.new", "p:N", "N.")
        is None
    )
