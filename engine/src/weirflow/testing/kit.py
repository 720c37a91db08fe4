"""The kit's two ways in: findings as a list, and a pytest test for each check."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from weirflow.node.model import Node
from weirflow.testing.check import Check, Finding
from weirflow.testing.checks import in_order
from weirflow.testing.subject import Subject

if TYPE_CHECKING:
    from weirflow.testing.case import Case

__all__ = ["check_node", "checks_for", "conformance"]


def checks_for(node_class: type[Node]) -> tuple[Check, ...]:
    """The checks that a node class is held to, in the order in which they are made."""
    return tuple(c for c in in_order() if issubclass(node_class, c.kinds))


def check_node(node_class: type[Node], case: Case) -> tuple[Finding, ...]:
    """All that is not as the node specification says, in the order of the checks; empty for a good node.

    A check that another one makes pointless is left out: mend what is found and look again.
    """
    subject = Subject(node_class, case)
    return tuple(f for c in checks_for(node_class) for f in _looked(subject, c) or ())


def _looked(subject: Subject, check: Check) -> tuple[Finding, ...] | None:
    """What a check finds once the case's quirks are allowed for; None where it is left out."""
    if subject.failed & set(check.needs):
        subject.failed.add(check.id)  # and so is what needs it
        return None
    findings = check.findings(subject)
    if check.id not in subject.case.quirks:
        if findings:
            subject.failed.add(check.id)
        return findings
    if findings:
        return ()
    text = f"the case calls it a quirk ({subject.case.quirks[check.id]}), and nothing is found"
    return (Finding(check.id, check.clause, text, "take the quirk out of the case"),)


def conformance(*subjects: tuple[type[Node], Case]) -> Callable[[Any], None]:
    """A pytest test function, parametrised: one test for each check of each node with its case.

    Assign it to a name that begins with `test_`.
    """
    import pytest

    made: list[Any] = []
    for node_class, case in subjects:
        subject = Subject(node_class, case)
        name = "-".join(
            [getattr(node_class, "operator", node_class.__name__), *([case.name] if case.name else [])]
        )
        made += [pytest.param((subject, c), id=f"{name}-{c.id}") for c in checks_for(node_class)]

    @pytest.mark.parametrize("look", made)
    def test(look: tuple[Subject, Check]) -> None:
        subject, check = look
        for need in check.needs:  # which may run elsewhere, or after this
            _ensure(subject, need)
        found = _looked(subject, check)
        if found is None:
            pytest.skip("what it needs is not kept: see the findings of " + ", ".join(check.needs))
        assert not found, "\n".join(map(str, found))

    return test


def _ensure(subject: Subject, name: str) -> None:
    """Make a check that another one needs, once."""
    done: dict[str, bool] = subject.kept.setdefault("made", {})
    if name in done:
        return
    done[name] = True
    check = next(c for c in in_order() if c.id == name)
    if issubclass(subject.node_class, check.kinds):
        for need in check.needs:
            _ensure(subject, need)
        _looked(subject, check)
