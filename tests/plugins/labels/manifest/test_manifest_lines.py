"""Lines that cannot be read, names that are hard to read, and files of odd sizes."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weirflow_labels.readers import manifest_lines
from weirflow_labels.readers.base import UnreadableError

KINDS = ("image-classification", "object-detection", "text-span", "custom")


def good(number, kind="image-classification", attribute="a"):
    """A line that can be read, with one mark where labels of the kind have any."""
    box = {"class_id": number, "left": 1, "top": 2, "width": 3, "height": 4}
    span = {"label": str(number), "startOffset": 0, "endOffset": 1}
    value = {
        "image-classification": number,
        "object-detection": {"image_size": [{"width": 9, "height": 9}], "annotations": [box]},
        "text-span": {"annotations": {"entities": [span]}},
        "custom": {"n": number},
    }[kind]
    return {
        "source-ref": f"s3://b/{number}",
        attribute: value,
        f"{attribute}-metadata": {"type": f"groundtruth/{kind}"},
    }


def boxes(**changes):
    """A line of boxes with something else in the place of what should be there."""
    record = good(1, "object-detection")
    record["a"]["annotations"][0] |= {k: v for k, v in changes.items() if k in {"left", "top"}}
    record["a"] |= {k: v for k, v in changes.items() if k in {"annotations", "image_size"}}
    record["a-metadata"] |= {
        k.replace("_", "-"): v for k, v in changes.items() if k in {"objects", "class_map"}
    }
    return record


def sources(staged):
    return [r["source"] for r in staged.labels]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"source-ref": "s3://b/x", "a": ', "it ends in the midst of a JSON value"),
        (b'{"source-ref": "s3://b/x', "it ends in the midst of a JSON value"),
        (b"{bad}", "it is not valid JSON"),
        (b'{"a": 1} {"b": 2}', "it is not valid JSON"),
        (b'{"a": "\\ud800"}', "it is not valid JSON"),
        (b'{"a": "\xff"}', "it is not UTF-8"),
        (b"[1, 2]", "it is no JSON object"),
        (b"3", "it is no JSON object"),
        (b"null", "it is no JSON object"),
        (b'"text"', "it is no JSON object"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_bad_line_is_told_with_its_number_and_the_others_are_read(stage, bad, reason, place):
    lines = [json.dumps(good(n)).encode() for n in range(3)]
    lines.insert(place, bad)
    staged = stage(b"\n".join(lines))
    assert staged.bad == [(place + 1, reason)]
    assert [(r["line_no"], r["class_id"]) for r in staged.labels] == [
        (n + 1 + (n >= place), str(n)) for n in range(3)
    ]
    assert [r.raw for r in staged.rejects] == [bad.decode(errors="replace")]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (boxes(left="far"), "`a.annotations[0].left` is no number"),
        (boxes(top=[1]), "`a.annotations[0].top` is no number"),
        (boxes(annotations={}), "`a.annotations` is no list"),
        (boxes(annotations=[3]), "`a.annotations[0]` is no object"),
        (boxes(image_size=[{"width": 1e12}]), "`a.image_size[0].width` is no whole number"),
        (boxes(objects=[{"confidence": "secret"}]), "`a-metadata.objects[0].confidence` is no number"),
        (boxes(class_map=["secret"]), "`a-metadata.class-map` is no object"),
        (good(1, "object-detection") | {"a": "secret"}, "`a` is no object"),
    ],
)
def test_values_of_another_type_are_told_without_them(stage, record, reason):
    staged = stage([good(0, "object-detection"), record, good(2, "object-detection")])
    assert staged.bad == [(2, reason)]
    assert sources(staged) == ["s3://b/0", "s3://b/2"]
    assert [r["line_no"] for r in staged.annotations] == [1, 3]


def test_names_that_stand_twice(stage):
    twice = '{"source-ref": "x", "a": 1, "a": 2, "a-metadata": {"type": "groundtruth/custom"}}'
    inside = '{"source-ref": "x", "a": 1, "a-metadata": {"type": "groundtruth/custom", "type": "groundtruth/custom"}}'
    staged = stage([good(1, "custom"), twice, inside])
    assert staged.bad == [(2, "it has a name twice"), (3, "`a-metadata` has a name twice")]
    assert sources(staged) == ["s3://b/1"]


def test_what_the_check_of_lines_does_not_foresee_is_found_by_halving(stage, monkeypatch):
    monkeypatch.setattr(manifest_lines, "fault", lambda *_: None)
    lines = [good(n, "object-detection") for n in range(20)]
    lines[13] = lines[14] = boxes(left="secret")
    staged = stage([*lines, "{bad}"])
    reason = "a value in it is of another type than the format says"
    assert staged.bad == [(14, reason), (15, reason), (21, "it is not valid JSON")]
    assert [r["line_no"] for r in staged.labels] == [*range(1, 14), *range(16, 21)]
    assert len(staged.annotations) == 18


def test_halving_ends_where_very_many_lines_are_bad(stage, monkeypatch):
    monkeypatch.setattr(manifest_lines, "fault", lambda *_: None)
    monkeypatch.setattr(manifest_lines, "MANY", 3)
    with pytest.raises(UnreadableError, match="more than 3 of its lines"):
        stage([boxes(left="secret")] * 5)


def test_blank_lines_count(stage):
    first, second = json.dumps(good(1)), json.dumps(good(2))
    for text, numbers in (
        (f"\n{first}\n\n  \n{second}\n\n", [2, 5]),
        (f"{first}\r\n\r\n{second}\r\n", [1, 3]),
        (f"\ufeff{first}\n{second}", [1, 2]),
        (f"\ufeff\n{first}\n{second}", [2, 3]),
    ):
        staged = stage(text)
        assert staged.bad == []
        assert [r["line_no"] for r in staged.labels] == numbers


@pytest.mark.parametrize("content", [b"", b"\n", b" \n\n", b"\xef\xbb\xbf"])
def test_empty_files_have_nothing(stage, content):
    staged = stage(content)
    assert (staged.labels, staged.bad) == ([], [])


def test_files_of_bad_lines_alone(stage):
    staged = stage(b"\xff\xfe\x00\n{\n[]\n")
    assert [n for n, _ in staged.bad] == [1, 2, 3]
    assert staged.labels == []


def test_lines_without_labels_have_no_rows(stage):
    unlabelled = {
        "source-ref": "s3://b/0",
        "annotator-metadata": {"Info": "x"},
        "metadata": {"type": "groundtruth/x"},
    }
    staged = stage([unlabelled, good(1), unlabelled])
    assert staged.bad == []
    assert [r["line_no"] for r in staged.labels] == [2]
    assert stage([unlabelled, "{bad}"]).bad == [(2, "it is not valid JSON")]


@pytest.mark.parametrize(
    "metadata", ["text", 3, None, {}, {"type": 3}, {"type": "other/x"}, [{"type": "groundtruth/x"}]]
)
@pytest.mark.parametrize("first", [True, False])
def test_metadata_of_something_else_are_no_label(stage, metadata, first):
    other = {"source-ref": "s3://b/0", "a": "anything", "a-metadata": metadata}
    lines = [other, good(1, "object-detection")] if first else [good(1, "object-detection"), other]
    staged = stage(lines)
    assert staged.bad == []
    assert sources(staged) == ["s3://b/1"]
    assert len(staged.annotations) == 1


def test_metadata_of_metadata_are_no_label_either(stage):
    record = {"a-metadata-metadata": "text"} | good(1)
    staged = stage([record, "{bad"])
    assert [r["label_attribute"] for r in staged.labels] == ["a"]


def test_one_attribute_with_labels_of_several_types(stage):
    staged = stage([good(n, kind) for n, kind in enumerate(KINDS)])
    assert staged.bad == []
    assert [(r["line_no"], r["label_attribute"], r["task_type"]) for r in staged.labels] == [
        (n, "a", kind) for n, kind in enumerate(KINDS, 1)
    ]
    assert [r["shape"] for r in staged.annotations] == ["box", "span"]


@pytest.mark.parametrize(
    "attribute",
    [
        'say "hi"',
        "it's",
        "back\\slash",
        "Größe",
        "日本",
        "a b;--",
        "{x}",
        "$1",
        "source",
        "Source-Ref",
        "x-metadata",
        "-",
        "\n",
    ],
)
def test_names_of_attributes_may_be_anything(stage, attribute):
    for kind in ("object-detection", "image-classification"):
        staged = stage([good(1, kind, attribute), good(2, kind)])
        assert staged.bad == []
        assert [(r["line_no"], r["label_attribute"]) for r in staged.labels] == [(1, attribute), (2, "a")]
        assert [r["class_id"] for r in (staged.annotations or staged.labels)] == ["1", "2"]


def test_names_may_differ_in_case_only(stage):
    record = good(1, attribute="Moving") | good(2, attribute="moving") | good(3, "object-detection", "MOVING")
    staged = stage([record])
    assert {r["label_attribute"]: r.get("class_id") for r in staged.labels} == {
        "Moving": "1",
        "moving": "2",
        "MOVING": None,
    }
    assert [r["class_id"] for r in staged.annotations] == ["3"]


def test_labels_that_few_lines_have_are_found(stage):
    """A later job of a chain may have labelled one line of many."""
    lines = [good(n) for n in range(20_000)]
    lines[15_000] |= good(7, "object-detection", "late")
    staged = stage(lines)
    assert staged.rows(
        "SELECT label_attribute, count(*) AS n FROM staged_labels GROUP BY ALL ORDER BY n"
    ) == [
        {"label_attribute": "late", "n": 1},
        {"label_attribute": "a", "n": 20_000},
    ]
    assert [(r["line_no"], r["class_id"]) for r in staged.annotations] == [(15_001, "7")]


@pytest.mark.parametrize("bad", [[], ["{"]])
def test_a_line_of_thirty_megabytes(stage, bad):
    record = good(1, "custom") | {"a": {"text": "x" * 30_000_000}}
    staged = stage([good(0, "custom"), record, good(2, "custom"), *bad])
    assert len(staged.bad) == len(bad)
    assert staged.rows("SELECT line_no, length(value) AS n FROM staged_labels WHERE line_no = 2") == [
        {"line_no": 2, "n": 30_000_011}
    ]


def test_files_do_not_meddle_with_one_another(stage):
    staged = stage([good(1), "{bad"], [good(2)], b"", ["[]", good(3)])
    assert [(Path(r.local).name[0], r.line_no) for r in staged.rejects] == [("0", 2), ("3", 1)]
    assert [(r["file_id"], r["class_id"]) for r in staged.labels] == [(1, "1"), (2, "2"), (4, "3")]


def test_paths_may_have_the_signs_of_patterns(stage, tmp_path):
    file = tmp_path / "what's [1] *?.manifest"
    file.write_text(json.dumps(good(1)))
    assert len(stage(file).labels) == 1


LINE = st.one_of(
    st.builds(
        lambda kind, n: (True, json.dumps(good(n, kind)).encode()), st.sampled_from(KINDS), st.integers(0, 99)
    ),
    st.builds(lambda n: (True, json.dumps(good(n, attribute="b")).encode()), st.integers(0, 99)),
    st.builds(
        lambda cut, kind: (False, json.dumps(good(1, kind)).encode()[:cut]),
        st.integers(1, 60),
        st.sampled_from(KINDS),
    ),
    st.sampled_from(
        [b"null", b"[]", b"1", b'"x"', b"\xff", b"{", b"}", b"{]", b'{"a" 1}', b"'", b"\x00"]
    ).map(lambda b: (False, b)),
    st.builds(
        lambda v: (False, json.dumps(boxes(left=v)).encode()),
        st.one_of(
            st.just("x"),
            st.lists(st.integers(), max_size=2),
            st.dictionaries(st.text(), st.none(), max_size=1),
        ),
    ),
    st.sampled_from([b"", b"  ", b"{}", b'{"source": "text"}']).map(lambda b: (None, b)),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINE, max_size=12), st.booleans())
def test_good_lines_are_read_and_bad_ones_told_however_they_are_mixed(stage, lines, ended):
    staged = stage(b"\n".join(content for _, content in lines) + (b"\n" if ended else b""))
    assert [n for n, _ in staged.bad] == [n for n, (kind, _) in enumerate(lines, 1) if kind is False]
    assert [r["line_no"] for r in staged.labels] == [n for n, (kind, _) in enumerate(lines, 1) if kind]
    marked = [n for n, (kind, c) in enumerate(lines, 1) if kind and (b"object-det" in c or b"text-span" in c)]
    assert [r["line_no"] for r in staged.annotations] == marked
