"""HTML, XHTML and clinical documents in XML (CDA) to text that reads as they look."""

from __future__ import annotations

from html.parser import HTMLParser

_UNSEEN = {"script", "style", "head", "template", "noscript", "svg", "object", "iframe", "select"}
_PARAGRAPHS = {
    "p",
    "paragraph",
    "blockquote",
    "pre",
    "ul",
    "ol",
    "list",
    "table",
    "dl",
    "section",
    "article",
} | {
    *("header", "footer", "form", "fieldset", "figure", "caption", "hr", "center", "text"),
}
_LINES = {"div", "tr", "dt", "dd", "address", "option", "legend", "figcaption", "thead", "tbody", "tfoot"}
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_LISTS = {"ul", "ol", "list"}
_ITEMS = {"li", "item"}
_CELLS = {"td", "th"}


def text_of(markup: str) -> str:
    """The text of HTML, XHTML or CDA.

    Headings become `# heading`, items `- item` or `1. item`, rows of tables `cell | cell`; of a CDA document the titles
    and texts of its sections are taken, and not its header, which names people. Markup may be broken in any way.
    """
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.out)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._breaks = 0  # ends of line that are due before the next text
        self._space = False
        self._unseen: list[str] = []
        self._pre = 0
        self._lists: list[
            int | None
        ] = []  # of each list that is open: the number of its last item, None for bullets
        self._begun = True  # whether the cell has text, so that blocks within break the line
        self._cells = 0  # of the row
        self._cda = False
        self._told = 0  # elements that are open in CDA of which the text counts
        self._depth = 0  # sections that are open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin an element."""
        tag = tag.rpartition(":")[2]
        if tag == "body":
            self._unseen.clear()
        elif tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag == "br":
            self._break(min(self._breaks + 1, 2) if self._breaks else 1)
        elif tag in _CELLS:
            self._begin_cell()
        elif tag in _ITEMS:
            self._begin_item()
        elif tag in _HEADINGS:
            self._begin_heading(_HEADINGS[tag])
        elif tag == "title":
            self._begin_title()
        else:
            self._begin_block(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        tag = tag.rpartition(":")[2]
        if self._unseen:
            if tag == self._unseen[-1]:
                self._unseen.pop()
        elif tag in _CELLS:
            self._breaks, self._begun = 0, True
        elif tag in _HEADINGS or tag in _PARAGRAPHS or tag == "title":
            self._end_block(tag)
        elif tag in _LINES or tag in _ITEMS:
            self._break(1)

    def handle_data(self, data: str) -> None:
        """Take text, with runs of white space as one space unless it is preformatted."""
        if self._unseen or (self._cda and not self._told):
            return
        if self._pre:
            self._write(data)
            return
        words = data.split()
        if not words:
            self._space = True
            return
        self._space = self._space or data[0].isspace()
        self._write(" ".join(words))
        self._space = data[-1].isspace()

    def _write(self, text: str) -> None:
        if self._breaks:
            if self.out:
                self.out.append("\n" * self._breaks)
            self._breaks, self._space = 0, False
        if self._space and self.out and not self.out[-1][-1:].isspace():
            self.out.append(" ")
        self.out.append(text)
        self._space, self._begun = False, True

    def _break(self, count: int) -> None:
        if self._begun:  # not at the beginning of a cell, which would move its text to another line
            self._breaks = max(self._breaks, count)

    def _begin_block(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag == "clinicaldocument":
            self._cda = True
        elif tag == "section":
            self._depth += 1
        elif tag == "text" and self._cda:
            self._told += self._depth > 0
        elif tag in _LISTS:
            numbered = tag == "ol" or attrs.get("listtype") == "ordered"
            self._lists.append(0 if numbered else None)
        elif tag == "pre":
            self._pre += 1
        if tag == "tr":
            self._cells = 0
        if tag in _LISTS and len(self._lists) > 1:
            self._break(1)
        elif tag in _PARAGRAPHS:
            self._break(2)
        elif tag in _LINES:
            self._break(1)

    def _end_block(self, tag: str) -> None:
        if tag == "section":
            self._depth = max(0, self._depth - 1)
        elif tag in {"text", "title"} and self._cda:
            self._told = max(0, self._told - 1)
        elif tag in _LISTS and self._lists:
            self._lists.pop()
        elif tag == "pre":
            self._pre = max(0, self._pre - 1)
        self._break(1 if tag in _LISTS and self._lists else 2)

    def _begin_cell(self) -> None:
        if self._unseen or (self._cda and not self._told):
            return
        self._cells += 1
        if self._cells > 1:
            self._breaks, self._space = 0, False
            self.out.append(" | ")
        self._begun = False

    def _begin_item(self) -> None:
        if self._unseen or (self._cda and not self._told):
            return
        self._break(1)
        mark = "-"
        if self._lists and self._lists[-1] is not None:
            self._lists[-1] += 1
            mark = f"{self._lists[-1]}."
        self._write("  " * max(0, len(self._lists) - 1) + mark + " ")
        self._begun = False

    def _begin_heading(self, level: int) -> None:
        if not self._unseen:
            self._break(2)
            self._write("#" * level + " ")

    def _begin_title(self) -> None:
        """A section's title in CDA; in HTML that of the page, which is not seen on it."""
        if self._cda:
            self._told += 1
            self._begin_heading(max(1, self._depth))
        else:
            self._unseen.append("title")
