"""The names that follow from an operator."""

import ast
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weirflow.errors import UsageError
from weirflow.new.files import render
from weirflow.new.names import NodeNames, check_family, check_flow
from weirflow.new.plugin import SUMMARIES
from weirflow.node.model import OPERATOR


@pytest.mark.parametrize(
    ("operator", "module", "class_name"),
    [
        ("prices.to_euro", "to_euro", "ToEuro"),
        ("rates.to_euro", "rates_to_euro", "ToEuro"),  # of another family than the plugin's
        ("prices.eu.vat2", "eu_vat2", "EuVat2"),
        ("prices.class", "class_node", "Class"),
        ("prices.none", "none", "NoneNode"),
        ("prices.plugin", "plugin_node", "Plugin"),  # plugin.py holds the hooks
        ("prices.flow", "flow_node", "Flow"),  # tests/test_flow.py is there
        ("prices.source", "source", "SourceNode"),  # derives from Source
    ],
)
def test_names_follow_from_the_operator(operator, module, class_name):
    assert NodeNames.of(operator, "prices") == NodeNames(operator, module, class_name)


@given(st.from_regex(OPERATOR, fullmatch=True), st.sampled_from(["prices", "a"]))
def test_every_operator_has_names_that_python_takes(operator, family):
    names = NodeNames.of(operator, family)
    for name in (names.module, names.class_name):
        assert name.isidentifier()
        assert not keyword.iskeyword(name)


def test_no_class_hides_a_name_that_its_module_or_its_test_uses():
    values = {"operator": "a.b", "module": "b", "class": "ThisClass", "package": "p", "summary": "S."}
    used = set()
    for kind in SUMMARIES:
        for template in (f"node/{kind}.py", f"test/{kind}.py"):
            tree = ast.parse(render(template, values))
            imports = [n for n in ast.walk(tree) if isinstance(n, (ast.Import, ast.ImportFrom))]
            used |= {a.asname or a.name for n in imports for a in n.names}
            used |= {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
    used -= {"ThisClass"}
    assert {"Path", "Case", "Mapping", "Transform", "Means"} <= used
    for name in used:
        words = [name[0].lower(), *(f"_{c.lower()}" if c.isupper() else c for c in name[1:])]
        operator = "a." + "".join(words)
        if OPERATOR.fullmatch(operator):
            assert NodeNames.of(operator, "a").class_name != name


@pytest.mark.parametrize(
    "operator", ["", "prices", "Prices.a", "prices.", "prices.to-euro", "prices.1", "a.b\n"]
)
def test_what_is_no_operator_is_refused(operator):
    with pytest.raises(UsageError, match=r"is not an operator's name; expected family\.verb in lower case"):
        NodeNames.of(operator, "prices")


@pytest.mark.parametrize("name", ["", "Prices", "my-prices", "1st", "a.b", "a__b", "../a", "a\n"])
def test_what_is_no_family_is_refused(name):
    with pytest.raises(UsageError, match="is not a family's name; expected words in lower case"):
        check_family(name)


@pytest.mark.parametrize("name", ["", "Rents", "a.flow", "a b", "../a", "-a", "a/b", "a\n"])
def test_what_is_no_name_of_a_flow_is_refused(name):
    with pytest.raises(UsageError, match="is not a flow's name; expected words in lower case"):
        check_flow(name)
