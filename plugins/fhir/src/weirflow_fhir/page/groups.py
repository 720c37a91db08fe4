"""The groups of entities that the page tells apart, by colour and by place in the drawing."""

from __future__ import annotations

GROUPS: dict[str, tuple[str, frozenset[str]]] = {
    "condition": (
        "Conditions and symptoms",
        frozenset({"condition", "dx_name", "diagnosis", "symptom", "sign", "finding", "medical_condition"}),
    ),
    "medication": (
        "Medications",
        frozenset({"medication", "medicationstatement", "generic_name", "brand_name", "drug"}),
    ),
    "procedure": (
        "Procedures and tests",
        frozenset(
            {
                "procedure",
                "procedure_name",
                "test",
                "test_name",
                "treatment_name",
                "observation",
                "laboratory",
            }
        ),
    ),
    "anatomy": ("Anatomy", frozenset({"anatomy", "system_organ_site", "direction"})),
    "other": ("Other", frozenset()),
}
"""By name: what it is called, and the kinds of entities (`ENTITIES.kind`) in it; the last takes all others."""

_OF = {kind: group for group, (_, kinds) in GROUPS.items() for kind in kinds}


def group_of(kind: str | None) -> str:
    """The group of a kind of entity."""
    return _OF.get((kind or "").casefold(), "other")
