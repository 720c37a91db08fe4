"""Markup to text."""

import pytest

from weirflow_fhir.notes.markup import text_of


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>two</p>", "One\n\ntwo"),
        ("one<br/>two<br>three", "one\ntwo\nthree"),
        ("one<br><br><br>two", "one\n\ntwo"),
        ("a  \n b&nbsp;c &lt;d&gt; &eacute; &#8805;", "a b c <d> é ≥"),
        ("<b>bold</b>ly <i>said</i>", "boldly said"),
        ("x<b> y</b><i> z</i>", "x y z"),
        ("<h2>Plan</h2>rest", "## Plan\n\nrest"),
        ("<ul><li>a<li>b</ul>c", "- a\n- b\n\nc"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
        (
            "<table><tr><th>Drug</th><th>Dose</th></tr><tr><td><p>x</p></td><td><p>1 mg</p></td></tr></table>",
            "Drug | Dose\nx | 1 mg",
        ),
        ("<table><tr><td></td><td>b</td></tr></table>", " | b"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        (
            "<html><head><title>t</title><style>p{}</style></head><body>seen<script>1<2</script></body>",
            "seen",
        ),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<svg><title>t</title>x</svg>y<!-- no --><![CDATA[z]]>", "y"),
        ("a < b", "a < b"),
        ("</p></ul></table></td>fine", "fine"),
    ],
)
def test_text_of_markup(markup, text):
    assert text_of(markup).strip("\n") == text


def test_a_clinical_document_gives_its_sections_and_not_its_header():
    cda = """<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"><title>Summary</title>
    <recordTarget><patientRole><patient><name><given>Ann</given></name></patient></patientRole></recordTarget>
    <component><structuredBody><component><section><code displayName="x"/><title>Problems</title>
    <text><paragraph>Two of them</paragraph><list><item>Gout</item><item>Asthma</item></list></text>
    <entry><observation><text>coded</text></observation></entry>
    <component><section><title>Older</title><text>None</text></section></component>
    </section></component></structuredBody></component></ClinicalDocument>"""
    assert text_of(cda).strip() == (
        "# Summary\n\n# Problems\n\nTwo of them\n\n- Gout\n- Asthma\n\ncoded\n\n## Older\n\nNone"
    )


def test_deep_markup_is_read():
    assert text_of("<div>" * 50_000 + "deep") == "deep"
