"""Make the bulk export that `health-graph.flow` runs on: records of people who do not exist, small and readable.

    python flows/health-graph/make_patients.py flows/health-graph/export

It needs nothing but Python, and writes the same bytes every time: a file of newline-delimited JSON for each type of
resource, FHIR R4. What is awkward in real exports is here too: notes as HTML, RTF and Latin-1, accents and emoji,
denied findings, the vendor's entities on some notes and none on others, and one note made to break what shows it.
"""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from medicine import (
    CONDITIONS,
    ICD10CM,
    KINDS,
    LABORATORY,
    LOINC,
    PRESSURE,
    PRESSURES,
    PROCEDURES,
    RXNORM,
    SNOMED,
    TERMS,
)
from vendor import extension
from writing import HOSTILE, Writing, attachment, film, note

T = TypeVar("T")
SEED = 6
VISITS = 8  # of each person
VISITS_A_YEAR = 4
SCRIPT = "<script>document.title='broken'</script>"
LATIN1_END = "\xff"
CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
PEOPLE = (
    ("Ada", "Fernwood", "female", 1951, ("hypertension", "diabetes", "kidney")),
    ("Bruno", "Okonkwo", "male", 1948, ("failure", "fibrillation", "hypertension")),
    ("Chloé", "Lefèvre", "female", 1990, ("asthma", "migraine")),
    ("Dmitri", "Halvorsen", "male", 1944, ("copd", "failure", "pneumonia")),
    ("Esther", "Quill", "female", 1967, ("hypothyroidism", "depression")),
    ("Farid", "Nazari", "male", 1959, ("infarction", "hyperlipidemia", "hypertension")),
    ("Greta", "Ångström", "female", 1938, ("knee", "hypertension", "reflux")),
    ("Hugo", "Peña", "male", 1979, ("diabetes", "hyperlipidemia", "reflux")),
    ("Imani", "Waverly", "female", 1985, ("asthma", "reflux")),
    ("Jonas", "Brandt", "male", 1955, ("fibrillation", "diabetes", "hypertension")),
    ("Keiko", "Marlowe", "female", 1972, ("migraine", "depression", "hypothyroidism")),
    ("Luís", "Carvalho", "male", 1946, ("copd", "infarction", "hyperlipidemia")),
    ("Mabel", "Thorne", "female", 1961, ("diabetes", "knee", "hypertension")),
    ("Noah", "Zielinski", "male", 2001, ("asthma", "pneumonia")),
    ("Olga", "Brightwater", "female", 1940, ("failure", "kidney", "diabetes")),
    ("Pascal", "Ingram", "male", 1964, ("hypertension", "knee", "depression")),
)
DOCTORS = (("Ruth", "Ashdown"), ("Samuel", "Oyelaran"), ("Tilda", "Moreau"), ("Viktor", "Lindqvist"))
PLACES = ("Harbour Street Clinic", "Northfield Hospital")


class Dice:
    """Throws that are the same every time."""

    def __init__(self) -> None:
        # the one method whose numbers no version of Python changes
        self._random = random.Random(SEED).random  # noqa: S311

    def below(self, bound: int) -> int:
        return int(self._random() * bound)

    def pick(self, of: tuple[T, ...]) -> T:
        return of[self.below(len(of))]


@dataclass(frozen=True)
class Visit:
    """When somebody saw a doctor, and for what."""

    id: str
    day: date
    at: str
    who: dict[str, str]
    doctor: int
    conditions: list[str]

    @property
    def author(self) -> dict[str, str]:
        given, family = DOCTORS[self.doctor]
        return {"reference": f"Practitioner/d{self.doctor + 1}", "display": f"Dr. {given} {family}"}

    @property
    def here(self) -> dict[str, str]:
        return {"reference": f"Encounter/{self.id}"}

    @property
    def facts(self) -> dict[str, Any]:
        return {"subject": self.who, "encounter": self.here}


class Export:
    """The resources by type."""

    def __init__(self) -> None:
        self.resources: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.dice = Dice()
        self.notes = 0

    def put(self, kind: str, key: str, **facts: Any) -> None:
        self.resources[kind].append({"resourceType": kind, "id": key, **facts})

    def lines(self) -> dict[str, str]:
        """The text of each file by name."""
        return {
            f"{kind}.000.ndjson": "".join(
                json.dumps(r, ensure_ascii=False, separators=(",", ":")) + "\n" for r in rs
            )
            for kind, rs in sorted(self.resources.items())
        }

    # ------------------------------------------------------------------ a person

    def person(self, number: int) -> None:
        given, family, gender, born, conditions = PEOPLE[number]
        me = f"p{number + 1:02d}"
        who = {"reference": f"Patient/{me}", "display": f"{given} {family}"}
        birthday = date(born, 1 + self.dice.below(12), 1 + self.dice.below(28))
        self.put(
            "Patient",
            me,
            identifier=[{"system": "urn:example:made-up", "value": f"MRN-{700100 + 37 * number}"}],
            name=[{"use": "official", "family": family, "given": [given]}],
            gender=gender,
            birthDate=birthday.isoformat(),
            managingOrganization={"reference": "Organization/o1"},
        )
        since = date(2022, 1, 10) + timedelta(days=self.dice.below(60))
        for c in conditions:
            self.condition(f"{me}-{c}", c, who, since - timedelta(days=365 * (1 + self.dice.below(8))))
        for c in conditions:
            for m, dose in CONDITIONS[c].medications:
                self.medication(f"{me}-{c}-{m}", m, dose, who, since)
        day = since
        for n in range(VISITS):
            first = n % len(conditions)
            doctor = self.dice.below(len(DOCTORS))
            at = f"{day.isoformat()}T{8 + self.dice.below(9):02d}:{5 * self.dice.below(12):02d}:00+01:00"
            order = [*conditions[first:], *conditions[:first]]
            self.encounter(Visit(f"{me}-v{n + 1}", day, at, who, doctor, order), n)
            day += timedelta(days=60 + self.dice.below(90))

    def condition(self, name: str, key: str, who: dict[str, str], since: date) -> None:
        term = TERMS[key]
        self.put(
            "Condition",
            name,
            clinicalStatus=_concept(f"{TERMINOLOGY}/condition-clinical", "active"),
            verificationStatus=_concept(f"{TERMINOLOGY}/condition-ver-status", "confirmed"),
            category=[
                _concept(f"{TERMINOLOGY}/condition-category", "problem-list-item", "Problem List Item")
            ],
            code={
                "coding": [
                    {"system": SNOMED, "code": CONDITIONS[key].snomed, "display": CONDITIONS[key].display},
                    {"system": ICD10CM, "code": term.code, "display": term.display},
                ],
                "text": CONDITIONS[key].display,
            },
            subject=who,
            onsetDateTime=since.isoformat(),
        )

    def medication(self, name: str, key: str, dose: str, who: dict[str, str], since: date) -> None:
        self.put(
            "MedicationRequest",
            name,
            status="active",
            intent="order",
            medicationCodeableConcept=_concept(RXNORM, TERMS[key].code, TERMS[key].display, text=key),
            subject=who,
            authoredOn=since.isoformat(),
            dosageInstruction=[{"text": f"{key} {dose}"}],
        )

    # ------------------------------------------------------------------ a visit

    def encounter(self, visit: Visit, number: int) -> None:
        stays = number % VISITS_A_YEAR == VISITS_A_YEAR - 1  # in hospital
        last = (visit.day + timedelta(days=4 if stays else 0)).isoformat()
        code, display = ("IMP", "inpatient encounter") if stays else ("AMB", "ambulatory")
        self.put(
            "Encounter",
            visit.id,
            status="finished",
            **{"class": {"system": f"{TERMINOLOGY}/v3-ActCode", "code": code, "display": display}},
            subject=visit.who,
            participant=[{"individual": visit.author}],
            period={"start": visit.at, "end": f"{last}T18:00:00+01:00"},
            serviceProvider={"reference": f"Organization/o{2 if stays else 1}"},
        )
        seen = visit.conditions[:2]
        for key in dict.fromkeys(k for c in seen for k in CONDITIONS[c].laboratory):
            self.measure(visit, key)
        for code, display in dict.fromkeys(PROCEDURES[c] for c in seen[: number % 3] if c in PROCEDURES):
            self.put(
                "Procedure",
                f"{visit.id}-{code}",
                status="completed",
                code=_concept(SNOMED, code, display),
                **visit.facts,
                performedDateTime=visit.at,
            )
        self.document(visit, ("history", "progress", "consult", "progress")[number % 4], visit.at)
        if stays:
            self.document(visit, "discharge", f"{last}T11:00:00+01:00")
        if number % VISITS_A_YEAR == 1:
            self.report(visit)

    def measure(self, visit: Visit, key: str) -> None:
        facts: dict[str, Any] = {"status": "final", **visit.facts, "effectiveDateTime": visit.at}
        if key == "pressure":
            facts["code"] = _concept(LOINC, *PRESSURE)
            facts["component"] = [
                {
                    "code": _concept(LOINC, code, display),
                    "valueQuantity": _quantity(self.dice, "mm[Hg]", low, high, 0),
                }
                for code, display, low, high in PRESSURES
            ]
        else:
            code, display, unit, low, high, places = LABORATORY[key]
            facts["code"] = _concept(LOINC, code, display)
            facts["valueQuantity"] = _quantity(self.dice, unit, low, high, places)
        self.put("Observation", f"{visit.id}-{key}", **facts)

    def document(self, visit: Visit, kind: str, at: str) -> None:
        self.notes += 1
        text = note(kind, visit.who["display"], at[:10], visit.conditions, self.dice, self.notes)
        form = "plain"
        if kind == "discharge":
            form = "html"
        elif kind == "consult" and self.notes % 3 == 0:
            form = "rtf"
        elif "é" in text.text and max(text.text) <= LATIN1_END:
            form = "latin1"
        code, display = KINDS[kind]
        found = {}
        if form == "plain" and self.notes % 11 == 0:
            found = {"extension": [extension(text.mentions, self.dice)]}
        self.put(
            "DocumentReference",
            f"{visit.id}-{kind}",
            **found,
            status="current",
            docStatus="final",
            type=_concept(LOINC, code, display),
            category=[_concept(CATEGORY, "clinical-note", "Clinical Note")],
            subject=visit.who,
            date=at,
            author=[visit.author],
            content=[{"attachment": attachment(text.text, form, f"{display}, {at[:10]}", at)}],
            context={"encounter": [visit.here]},
        )

    def report(self, visit: Visit) -> None:
        seen = [c for c in visit.conditions if CONDITIONS[c].imaging]
        text = film(visit.at[:10], seen[0] if seen else None, self.notes)
        self.put(
            "DiagnosticReport",
            f"{visit.id}-film",
            status="final",
            category=[_concept(f"{TERMINOLOGY}/v2-0074", "RAD", "Radiology")],
            code=_concept(LOINC, *KINDS["imaging"]),
            **visit.facts,
            effectiveDateTime=visit.at,
            performer=[visit.author],
            presentedForm=[attachment(text.text, "plain", f"Radiology report, {visit.at[:10]}", visit.at)],
        )

    def hostile(self) -> None:
        """The note that is made to break what shows it."""
        text = Writing()
        text.say(HOSTILE, end="")
        self.put(
            "DocumentReference",
            "hostile",
            status="current",
            type=_concept(LOINC, *KINDS["progress"], text=SCRIPT),
            subject={"reference": "Patient/p01"},
            date="2025-02",
            author=[{"display": "Dr. \"><img src=x onerror=document.title='broken'>"}],
            content=[{"attachment": attachment(text.text, "plain", f"'\">{SCRIPT}", "2025-02")}],
        )


def _concept(system: str, code: str, display: str = "", text: str = "") -> dict[str, Any]:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]} | ({"text": text} if text else {})


def _quantity(dice: Dice, unit: str, low: float, high: float, places: int) -> dict[str, Any]:
    scale = 10**places
    value = (round(low * scale) + dice.below(round((high - low) * scale))) / scale
    return {
        "value": value if places else int(value),
        "unit": unit,
        "system": "http://unitsofmeasure.org",
        "code": unit,
    }


def made_export() -> dict[str, str]:
    """The files of the export by name."""
    export = Export()
    for n, name in enumerate(PLACES, 1):
        export.put("Organization", f"o{n}", active=True, name=name)
    for n, (given, family) in enumerate(DOCTORS, 1):
        export.put(
            "Practitioner",
            f"d{n}",
            active=True,
            name=[{"family": family, "given": [given], "prefix": ["Dr."]}],
        )
    for n in range(len(PEOPLE)):
        export.person(n)
    export.hostile()
    return export.lines()


def main(folder: str) -> None:
    """Write the files into a folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, text in made_export().items():
        Path(folder, name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
