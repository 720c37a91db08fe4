"""The extensions that Amazon HealthLake adds to a document: what its language models found, in their spelling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from medicine import TERMS

if TYPE_CHECKING:
    from writing import Mention

BASE = "http://healthlake.amazonaws.com/aws-cm/"
TYPES = {
    "condition": ("MEDICAL_CONDITION", "DX_NAME"),
    "symptom": ("MEDICAL_CONDITION", "DX_NAME"),
    "medication": ("MEDICATION", "GENERIC_NAME"),
}


def extension(mentions: list[Mention], dice: Any) -> dict[str, Any]:
    """What the service would say of a text's mentions. The scores are thrown, and mean nothing."""
    of = {m: TERMS[m.key] for m in mentions}
    found = []
    for group, short, kinds in (
        ("detect-entities", "de", ("condition", "symptom", "medication")),
        ("infer-icd10", "icd10", ("condition", "symptom")),
        ("infer-rxnorm", "rxnorm", ("medication",)),
    ):
        base = f"{BASE}{group}/"
        entities = [
            _entity(f"{base}aws-cm-{short}-entity", short, n, m, dice)
            for n, m in enumerate(m for m in mentions if of[m].kind in kinds)
        ]
        facts = [
            {"url": f"{base}raw-response", "valueString": "{Entities: []}"},
            {"url": f"{base}model-version", "valueString": "0.1.0"},
        ]
        found.append({"url": base, "extension": [*facts, *entities]})
    return {"url": BASE, "extension": found}


def _entity(url: str, short: str, number: int, mention: Mention, dice: Any) -> dict[str, Any]:
    term = TERMS[mention.key]
    parts: list[dict[str, Any]] = [
        {"url": f"{url}-id", "valueInteger": number},
        {"url": f"{url}-text", "valueString": mention.text},
        {"url": f"{url}-begin-offset", "valueInteger": mention.begin},
        {"url": f"{url}-end-offset", "valueInteger": mention.end},
        {"url": f"{url}-score", "valueDecimal": _score(dice)},
    ]
    if short == "de":
        category, kind = TYPES[term.kind]
        parts[2:2] = [
            {"url": f"{url}-category", "valueString": category},
            {"url": f"{url}-type", "valueString": kind},
        ]
    else:
        plural = "Concepts" if short == "rxnorm" else "Concept"  # as the service spells them
        concept = [
            {"url": f"{url}-{plural}-Code", "valueString": term.code},
            {"url": f"{url}-{plural}-Description", "valueString": term.display},
            {"url": f"{url}-{plural}-Score", "valueDecimal": _score(dice)},
        ]
        listed = {"url": f"{url}-Concept", "extension": concept}
        parts.append({"url": f"{url}-ConceptList", "extension": [listed]})
    return {"url": url, "extension": parts}


def _score(dice: Any) -> float:
    return (700_000 + dice.below(299_000)) / 1_000_000
