"""The checks: importing a module registers its own; `in_order` gives all of them in the order they are made in."""

from __future__ import annotations

from weirflow.testing.check import CHECKS, Check
from weirflow.testing.checks import (
    dependence,
    effects,
    export,
    identity,
    kinds,
    learning,
    parameters,
    ports,
    process,
    rows,
)

_ORDER = (identity, parameters, ports, rows, effects, dependence, learning, kinds, export, process)


def in_order() -> tuple[Check, ...]:
    """All checks, those first that others need."""
    return tuple(c for module in _ORDER for c in CHECKS if c.look.__module__ == module.__name__)
