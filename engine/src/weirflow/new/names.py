"""What a new flow, plugin or node may be called, and the names that follow from its name."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass

from weirflow.errors import Diagnostic, UsageError
from weirflow.node.model import OPERATOR

_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")  # a part of an operator
_FLOW = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_MODULES = frozenset({"conformance", "flow", "plugin"})  # which a plugin has already
_CLASSES = frozenset({"Any", "Case", "ClassVar", "Iterable", "Mapping", "Means", "Path"})  # of templates


@dataclass(frozen=True)
class NodeNames:
    """An operator and the names that follow from it: `prices.to_euro` is class `ToEuro` in module `to_euro`."""

    operator: str
    module: str
    class_name: str

    @classmethod
    def of(cls, operator: str, family: str) -> NodeNames:
        """The names of a node in the plugin of a family. Raises UsageError where it is no operator."""
        if not OPERATOR.fullmatch(operator):
            raise _refused(operator, "an operator's name", "family.verb in lower case, as prices.to_euro")
        own, _, verb = operator.partition(".")
        words = re.split(r"[._]", verb)
        module = "_".join(words if own == family else [own, *words])
        name = "".join(w.capitalize() for w in words)
        if keyword.iskeyword(module) or module in _MODULES:
            module += "_node"
        if keyword.iskeyword(name) or name in _taken():
            name += "Node"
        return cls(operator, module, name)


def check_flow(name: str) -> None:
    """Raises UsageError where a flow may not be called that."""
    if not _FLOW.fullmatch(name):
        raise _refused(name, "a flow's name", "words in lower case, joined by - or _, as credit-risk")


def check_family(name: str) -> None:
    """Raises UsageError where a plugin's family of operators may not be called that."""
    if not _WORD.fullmatch(name):
        raise _refused(name, "a family's name", "words in lower case, joined by _, as stock_prices")


def _taken() -> frozenset[str]:
    """Names that the templates use: a class of that name would hide what is meant."""
    from weirflow import api

    return _CLASSES | frozenset(api.__all__)


def _refused(found: str, what: str, expected: str) -> UsageError:
    return UsageError(Diagnostic("WF205", f"'{found}' is not {what}; expected {expected}"))
