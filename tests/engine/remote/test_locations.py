"""Schemes, and patterns of paths against those of `glob`."""

from glob import glob

import pytest

from weirflow.api import remote

FILES = (
    *("a/x.csv", "a/.csv", "a/xcsv", "a/b/x.csv", "b/a/x.csv", "x1.csv", "x.csv", "x/y.csv", "a/b/x2.csv"),
    *("a.b/7", "a.b/x", "aXb/7", "a.b/77", "a.b/!", "a.b/^", "a.b/]", "a.b/-", "a.b/z\nz"),
)
PATTERNS = (
    *("a/*.csv", "**/x?.csv", "a.b/[0-9]", "a.b/[!0-9]", "a.b/[^7]", "a.b/[]7]", "a.b/[9-0]", "a.b/[!]7]"),
    *("a.b/[7-]", "a.b/[", "a.b/[]", "*/[!b].csv", "a/**/x.csv", "a[.X]b/7", "a[/]x.csv", "**/*", "a.b/z?z"),
)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_are_those_of_glob(tmp_path, pattern):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = glob(pattern, root_dir=tmp_path, recursive=True, include_hidden=True)  # noqa: PTH207 -- the peer
    wanted = remote.path_pattern(pattern)
    assert sorted(f for f in FILES if wanted.fullmatch(f)) == sorted({*found} & {*FILES})


def test_a_pattern_may_end_with_all_that_is_below_and_take_brackets_literally():
    assert remote.path_pattern("a/**").fullmatch("a/b/c")
    assert not remote.path_pattern("a/**").fullmatch("b/a/c")
    assert remote.path_pattern("a[1]/*", classes=False).fullmatch("a[1]/x")
    assert not remote.path_pattern("a[1]/*", classes=False).fullmatch("a1/x")


@pytest.mark.parametrize(
    ("location", "kinds"),
    [
        ("a/b.csv", (False, False, False)),
        ("/s3:/x", (False, False, False)),
        ("s3://b/k", (True, True, False)),
        ("s3a://b/k", (True, True, False)),
        ("https://h/x", (True, False, True)),
        ("http://h/x", (True, False, True)),
        ("gs://b/k", (True, False, False)),
    ],
)
def test_what_a_location_is(location, kinds):
    assert (remote.is_remote(location), remote.is_s3(location), remote.is_web(location)) == kinds
