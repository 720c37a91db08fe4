"""How well, and how fast, `notes.tag` finds the conditions in the labelled notes of benchmarks/fhir_notes.

    python benchmarks/fhir_tagger.py [--notes 4000] [--misses]

Against a plain dictionary: the same terms and phrases that are none, longest first, without sections, negation,
experiencer and case. `strict` counts
a term whose place is that of a label, `overlap` one that shares a character with one. Of the labels that were found
(by overlap), `negated`, `family` and `code` are the shares that were said right; `code` needs one of the label's codes.
`F1 negated` is of the labels that are negated, as (place by overlap, negated).

The dictionary was written with both halves in sight, so heldout.txt counts as seen. The rules of sections and negation
were made with tuning.txt and unlabelled notes of generated patients; of heldout.txt the figures were seen meanwhile,
what was wrong in it was not. Neither half says how it does on notes of a hospital.
"""

import argparse
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from weirflow_fhir.tagging.dictionary import Dictionary, dictionary
from weirflow_fhir.tagging.tagger import tags
from weirflow_fhir.tagging.tokens import places, words

HERE = Path(__file__).parent / "fhir_notes"
LABEL = re.compile(r"\[\[([^|\]]+)\|([^|\]]+)(?:\|([^\]]*))?\]\]")


class Entity(NamedTuple):
    """A term: labelled or found."""

    begin: int
    end: int
    codes: frozenset[str | None]
    negated: bool
    family: bool


def notes(path: Path) -> Iterator[tuple[str, str, list[Entity]]]:
    """The notes of a file: name, text without labels, labels."""
    for part in re.split(r"^== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, marked = part.partition("\n")
        text, labels, at = "", [], 0
        for match in LABEL.finditer(marked):
            text += marked[at : match.start()]
            flags = match[3] or ""
            codes = frozenset(match[2].split("/"))
            labels.append(Entity(len(text), len(text) + len(match[1]), codes, "-" in flags, "f" in flags))
            text, at = text + match[1], match.end()
        yield name, text + marked[at:], labels


def tagged(text: str, terms: Dictionary) -> list[Entity]:
    """What notes.tag finds."""
    return [
        Entity(t.begin, t.end, frozenset(m.code for m in t.meanings), t.context.negated, t.context.family)
        for t in tags(text, terms)
    ]


def plain(text: str, terms: Dictionary) -> list[Entity]:
    """What a plain dictionary finds."""
    begins, ends = places(text, 0, len(text))
    return [
        Entity(
            begins[a],
            ends[b - 1],
            frozenset(m.code for m in meanings),
            negated=False,
            family=False,
        )
        for a, b, meanings in terms.matches(words(text))
        if meanings
    ]


class Counts:
    """What was right, of what was found and of what was labelled."""

    def __init__(self) -> None:
        self.found = self.labelled = self.strict = self.right = self.hit = 0
        self.negated = self.family = self.code = 0
        self.negative = [0, 0, 0]  # right, said, labelled

    def add(self, found: list[Entity], labels: list[Entity]) -> list[tuple[str, Entity]]:
        """Count a note; gives what was missed and what is too much."""
        self.found += len(found)
        self.labelled += len(labels)
        self.strict += len({e[:2] for e in found} & {e[:2] for e in labels})
        wrong = [("more", f) for f in found if not any(_meet(f, e) for e in labels)]
        self.right += len(found) - len(wrong)
        said = {id(f) for f in found if f.negated}
        self.negative[1] += len(said)
        for label in labels:
            self.negative[2] += label.negated
            best = max((f for f in found if _meet(f, label)), key=lambda f: _meet(f, label), default=None)
            if best is None:
                wrong.append(("less", label))
                continue
            self.hit += 1
            self.negated += best.negated == label.negated
            self.family += best.family == label.family
            self.code += bool(best.codes & label.codes)
            self.negative[0] += best.negated and label.negated
            if best.negated != label.negated:
                wrong.append(("negation", label))
            if best.family != label.family:
                wrong.append(("family", label))
        return wrong

    def line(self) -> str:
        """The figures."""
        strict = _scores(self.strict, self.found, self.strict, self.labelled)
        overlap = _scores(self.right, self.found, self.hit, self.labelled)
        right, said, labelled = self.negative
        shares = [n / max(self.hit, 1) for n in (self.negated, self.family, self.code)]
        f1 = _scores(right, said, right, labelled)[2]
        return "  ".join(f"{n:5.3f}" for n in (*strict, *overlap, *shares, f1))


def _meet(a: Entity, b: Entity) -> int:
    return max(0, min(a.end, b.end) - max(a.begin, b.begin))


def _scores(right: int, found: int, hit: int, labelled: int) -> tuple[float, float, float]:
    precision, recall = right / max(found, 1), hit / max(labelled, 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--notes", type=int, default=4000, help="notes that are timed")
    parser.add_argument("--misses", action="store_true", help="show what is wrong in tuning.txt")
    arguments = parser.parse_args()
    began = time.perf_counter()
    terms = dictionary()
    print(f"dictionary built in {time.perf_counter() - began:.1f} s")
    print(f"{'':26}strict P  R      F1     overlap P R  F1   negated family code  F1 negated")
    texts = []
    for half in ("tuning", "heldout"):
        read = list(notes(HERE / f"{half}.txt"))
        texts += [t for _, t, _ in read]
        for way, find in (("notes.tag", tagged), ("plain dictionary", plain)):
            counts = Counts()
            for name, text, labels in read:
                for what, entity in counts.add(find(text, terms), labels):
                    if arguments.misses and half == "tuning" and find is tagged:
                        print(
                            f"  {name[:3]} {what}: {text[entity.begin : entity.end]!r} {sorted(map(str, entity.codes))}"
                        )
            print(f"{half:8} {way:17}{counts.line()}")
    many = [texts[n % len(texts)] for n in range(arguments.notes)]
    for way, find in (("notes.tag", tagged), ("plain dictionary", plain)):
        began = time.process_time()
        for text in many:
            find(text, terms)
        spent = time.process_time() - began
        size = sum(map(len, many))
        speed = f"{len(many) / spent:,.0f} notes/s a core, {size / spent / 1e6:.2f} MB/s"
        print(f"{way}: {speed} ({size / len(many):.0f} characters a note)")


if __name__ == "__main__":
    main()
