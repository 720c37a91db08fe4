"""Definitions of FHIR's types, as tables derived from the official ones.

`r4.json` and `r5.json` are made by `python plugins/fhir/derive`, from HL7's definitions (CC0). A line is a type:
its kind (primitive, complex, backbone, resource), its base, and the elements that it adds to those of its base, each
as `[name, types, flags, defining path]` without what is empty at the end. Types are separated by `|`; flags are `*` for
a list, `!` for a modifier, `#` for an element that takes its content from the type named (contentReference). The
defining path is the type's name and the element's unless given.
"""

from weirflow_fhir.definitions.model import Definitions, Element, Type, Version, load

__all__ = ["Definitions", "Element", "Type", "Version", "load"]
