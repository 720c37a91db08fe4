"""Write `judgements.csv`: which of the made notes answer questions that people might type, and how well.

    python flows/health-graph/judge_notes.py flows/health-graph/judgements.csv

The grades were given by hand to what the notes say, not to what a search finds: for each question, the sentences that
answer it, by the section where they stand. 3 is what was asked for, 2 answers it, 1 touches on it. A note has the best
grade of its sentences. What a note denies, and what a relative had, is not what a patient has.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import make_patients

if TYPE_CHECKING:
    from collections.abc import Callable

    from writing import Writing

HEADS = {
    "CHIEF COMPLAINT": "C",
    "REASON FOR ADMISSION": "C",
    "HISTORY OF PRESENT ILLNESS": "H",
    "HOSPITAL COURSE": "H",
    "REVIEW OF SYSTEMS": "R",
    "PAST MEDICAL HISTORY": "P",
    "FAMILY HISTORY": "F",
    "MEDICATIONS": "M",
    "DISCHARGE MEDICATIONS": "M",
    "PHYSICAL EXAM": "E",
    "ASSESSMENT AND PLAN": "A",
    "INDICATION": "I",
    "FINDINGS": "X",
    "IMPRESSION": "Z",
}
"""What sections are called below; T is what stands before them: the kind of note, name and date."""

HTN = "hypertension|high blood pressure"
DM = "type 2 diabetes"
CHF = "heart failure"
MI = "myocardial infarction"
COPD = "copd|chronic obstructive"
GERD = "gerd|gastroesophageal reflux"
SOB = "shortness of breath|dyspnea"


def about(term: str) -> tuple[str, ...]:
    """A problem of the patient: told of and acted on, seen on a film, or a relative's."""
    return (f"3 CHA {term}", f"2 XZP {term}")


# question: rules. `3 HA x & H y & !R z` is grade 3 where H or A has x, H has y, and R has not z.
QUESTIONS: dict[str, tuple[str, ...]] = {
    # conditions, by the words of notes, by other words, by abbreviations, and mistyped
    "hypertension": about(HTN),
    "HTN": about(HTN),
    "high blood pressure": about(HTN),
    "hypertention": about(HTN),
    "elevated blood pressure not at goal": (f"3 A ({HTN}): not at goal", f"1 HA {HTN}"),
    "type 2 diabetes": about(DM),
    "T2DM": about(DM),
    "diabetis": about(DM),
    "COPD": about(COPD),
    "chronic obstructive lung disease": about(COPD),
    "heart failure": about(CHF),
    "CHF": about(CHF),
    "heart attack": about(MI),
    "MI": about(MI),
    "myocardial infarct": about(MI),
    "AFib": about("atrial fibrillation"),
    "atrial fibrilation": about("atrial fibrillation"),
    "irregular heartbeat": about("atrial fibrillation"),
    "CKD": about("chronic kidney disease"),
    "kidney disease": about("chronic kidney disease"),
    "GERD": about(GERD),
    "acid reflux": about(GERD),
    "high cholesterol": about("hyperlipidemia"),
    "underactive thyroid": about("hypothyroidism"),
    "knee arthritis": about("osteoarthritis of (the )?knee"),
    "pnemonia": about("(?<!evidence of )pneumonia"),
    "asthma": about("asthma"),
    "anaemia": ("3 H anemia",),
    "depressed mood": about("depression"),
    # what patients feel, and not what they deny
    "chest pain": ("3 C chest pain",),
    "shortness of breath": (f"3 CH {SOB}", f"2 I {SOB}"),
    "SOB": (f"3 CH {SOB}", f"2 I {SOB}"),
    "leg swelling": ("3 CH leg edema",),
    "swollen ankles with heart failure": (f"3 H leg edema & H {CHF}", f"1 HA {CHF}"),
    "fever and cough": ("3 H fever and cough", "1 C fever|cough", "1 H cough", "1 I cough"),
    "racing heart": ("3 CH palpitations", "1 HA atrial fibrillation"),
    "tiredness": ("3 C fatigue", "2 H less fatigue"),
    "nausea": ("3 CH nausea",),
    "wheezing at night": ("3 H two nights of wheezing", "1 C wheezing", "1 E wheezing"),
    "headache": ("3 C headache", "1 A headache diary", "1 HA migraine"),
    "heartburn after meals": ("3 H heartburn after", "2 C heartburn"),
    # denied
    "without chest pain": ("3 R chest pain & !C chest pain", "1 R chest pain"),
    "no palpitations": ("3 R palpitations & !CH palpitations", "1 R palpitations"),
    "patients with migraine who deny nausea": ("3 HA migraine & R nausea", "1 HA migraine", "1 R nausea"),
    "denies shortness of breath": (f"3 R {SOB} & !CH {SOB}", f"1 R {SOB}"),
    "heart failure without leg edema": (
        f"3 HA {CHF} & RE leg edema & !CH leg edema",
        f"1 HA {CHF}",
        "1 RE leg edema",
    ),
    "no evidence of pneumonia": ("3 Z no evidence of pneumonia",),
    "diabetes with no fever": (f"3 HA {DM} & R fever", f"1 HA {DM}", "1 R fever"),
    # treatments
    "metformin": ("3 AM metformin",),
    "water pill": ("3 AM furosemide",),
    "blood thinner": ("3 HAM apixaban|warfarin", "1 AM aspirin"),
    "changed from warfarin to apixaban": ("3 A changed from warfarin", "1 HAM apixaban"),
    "Lipitor": ("3 HAM atorvastatin",),
    "statin tolerated without muscle pain": ("3 H tolerates atorvastatin", "1 AM atorvastatin"),
    "steroids for an asthma flare": ("3 A prednisone", "1 HA asthma"),
    "antibiotic for pneumonia": ("3 A pneumonia: amoxicillin", "2 M amoxicillin", "1 H pneumonia"),
    "sertraline and talking therapy": ("3 A sertraline .*talking therapy", "1 M sertraline"),
    "oxygen saturation in COPD": ("3 A oxygen at rest", f"1 HA {COPD}"),
    "which patients must avoid ibuprofen?": ("3 A no ibuprofen",),
    "painkiller for knee pain": ("3 A osteoarthritis.*acetaminophen", "1 CH knee pain"),
    # findings
    "ejection fraction": ("3 A ejection fraction",),
    "stent in the LAD": ("3 H stent to the left anterior descending", f"1 HA {MI}"),
    "pleural effusion": ("3 X small left pleural effusion",),
    "right lower lobe consolidation": ("3 X right lower lobe consolidation", "2 H right lower lobe"),
    "RLL pneumonia": ("3 X right lower lobe", "3 H right lower lobe", "1 A pneumonia"),
    "HbA1c above target": ("3 A hba1c is above target", f"1 HA {DM}"),
    "hyperinflated lungs": ("3 X hyperinflated|flattened diaphragms",),
    "chest x-ray of a patient with heart failure": (f"3 XZ {CHF}", f"1 HA {CHF}"),
    "echocardiogram": ("3 A echocardiography",),
    # as one would ask a person
    "who had a heart attack and takes aspirin?": (f"3 A {MI}: aspirin", f"1 HAP {MI}"),
    "patients whose father had a heart attack": (f"3 F father had a {MI}",),
    "family history of diabetes": (f"3 F {DM}",),
    "who stopped smoking?": ("3 H stopped smoking",),
    "has gained weight and sleeps on two pillows": ("3 H two pillows", "1 A weigh every morning"),
    "discharge summary for COPD": (f"3 T discharge & HA {COPD}", "1 T discharge", f"1 HA {COPD}"),
    "which patients walk the dog every day?": ("3 H walks the dog",),
    "migraine three times a month": ("3 H migraine .*three times a month", "1 A migraine"),
    "vaccination against flu": ("3 A influenza vaccine",),
    "travel to Brazil": ("3 H são paulo",),
    "cafe by the harbor": ("3 H café by the harbour",),
    "type 2 diabetes and chronic kidney disease": (
        f"3 HA {DM} & HA chronic kidney disease",
        f"1 HA {DM}",
        "1 HA chronic kidney disease",
    ),
}


def sections(text: str) -> dict[str, str]:
    """The text of each section, by its letter."""
    found, letter = {"T": ""}, "T"
    for line in text.splitlines():
        letter = HEADS.get(line, letter)
        found[letter] = f"{found.get(letter, '')}{line}\n" if line not in HEADS else found.get(letter, "")
    return found


def grade(rules: tuple[str, ...], text: dict[str, str]) -> int:
    """The best grade whose rule holds, or 0."""
    return max((int(r[0]) for r in rules if all(_holds(c, text) for c in r[2:].split(" & "))), default=0)


def _holds(condition: str, text: dict[str, str]) -> bool:
    letters, pattern = condition.removeprefix("!").split(" ", 1)
    said = any(re.search(pattern, text.get(letter, ""), re.IGNORECASE) for letter in letters)
    return said != condition.startswith("!")


def made_notes() -> dict[str, tuple[Writing, dict[str, Any]]]:
    """The made notes by id, as they were written, each with the resource that has it."""
    written: list[Writing] = []
    found: dict[str, tuple[Writing, dict[str, Any]]] = {}

    class Noted(make_patients.Export):
        """An export that remembers what was written."""

        def put(self, kind: str, key: str, **facts: Any) -> None:
            if kind in {"DocumentReference", "DiagnosticReport"}:
                found[f"{kind}/{key}"] = (written[-1], facts)
            super().put(kind, key, **facts)

    def noted(write: Callable[..., Writing]) -> Callable[..., Writing]:
        def writing(*given: Any) -> Writing:
            written.append(write(*given))
            return written[-1]

        return writing

    real = make_patients.note, make_patients.film
    make_patients.note, make_patients.film = map(noted, real)
    try:
        export = Noted()
        for n in range(len(make_patients.PEOPLE)):
            export.person(n)
    finally:
        make_patients.note, make_patients.film = real
    return found


def main(path: str) -> None:
    """Write the judgements."""
    notes = {name: sections(writing.text) for name, (writing, _) in made_notes().items()}
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("question", "document", "grade"))
        for question, rules in QUESTIONS.items():
            grades = {name: grade(rules, text) for name, text in notes.items()}
            writer.writerows((question, name, g) for name, g in sorted(grades.items()) if g)


if __name__ == "__main__":
    main(*sys.argv[1:])
