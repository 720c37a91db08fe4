"""A server's export, followed to its files, against a server on loopback that misbehaves."""

import time

import pytest

from weirflow.api import NodeError
from weirflow_fhir.bulk.export import Export
from weirflow_fhir.reading import records


def export(server, **parameters):
    return Export.model_validate({"server": server.url, **parameters})


def contents(files):
    return {f.name: f.path.read_bytes() for f in files}


def test_an_export(server, job):
    made = export(server).run(None, job)
    assert [f.name for f in made["files"]] == [
        "Condition.000.ndjson",
        "Patient.000.ndjson",
        "Patient.001.ndjson",
    ]
    assert contents(made["files"])["Patient.000.ndjson"] == server.files["p0"]
    assert contents(made["deleted"]) == {"Bundle.000.ndjson": server.files["d0"]}
    report = made["report"]
    assert {m: report.metric(m).value for m in ("files", "errors", "bytes")} == {
        "files": 3,
        "errors": 2,
        "bytes": sum(len(server.files[n]) for n in ("p0", "p1", "c0")),
    }
    assert report.blocks[4].rows == (("error", "exception", 2),)
    assert report.blocks[3].rows[0][:4] == ("output", "Patient", 2, None)  # of one the server says no count
    assert "Muriel" not in report.model_dump_json()
    method, path, query, headers = server.asked[0]
    assert (method, path, query) == ("GET", "/$export", {"_outputFormat": ["application/fhir+ndjson"]})
    assert headers["Prefer"] == "respond-async"
    assert headers["Accept"] == "application/fhir+json"
    assert server.paths("DELETE") == ["/status"]
    assert [(e.done, e.total) for e in job.said][:2] == [(10.0, 100.0), (60.0, 100.0)]
    assert "Muriel" not in str(job.said)


def test_what_was_exported_is_not_asked_for_again(server, job):
    first = export(server).run(None, job)
    asked = len(server.asked)
    assert export(server).run(None, job) == first
    assert len(server.asked) == asked


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"level": "patient"}, "/Patient/$export"),
        ({"level": "group", "group": "a/b"}, "/Group/a%2Fb/$export"),
    ],
)
def test_what_is_asked_for(server, job, parameters, path):
    more = {
        "types": ["Patient", "Condition"],
        "since": "2024-01-31T00:00:00+01:00",
        "filters": ["Condition?code=a,b"],
        "output_format": "ndjson",
    }
    export(server, **parameters, **more).run(None, job)
    assert server.asked[0][1] == path
    assert server.asked[0][2] == {
        "_type": ["Patient,Condition"],
        "_since": ["2024-01-31T00:00:00+01:00"],
        "_typeFilter": ["Condition?code=a,b"],
        "_outputFormat": ["ndjson"],
    }


@pytest.mark.parametrize(
    "wrong",
    [{"level": "group"}, {"group": "x"}, {"since": "2024-01-31"}, {"server": "file:///etc"}, {"hours": 0}],
)
def test_parameters_that_do_not_fit(server, wrong):
    with pytest.raises(ValueError, match=r"group|since|server|hours"):
        Export.model_validate({"server": server.url, **wrong})


@pytest.mark.parametrize("fault", [429, 500, 502, 503, 504, "none"])
def test_what_goes_by_is_waited_for(server, job, fault):
    server.headers = {"Retry-After": "0"}
    server.faults = {p: [fault, fault] for p in ("/$export", "/status", "/file/p0")}
    made = export(server).run(None, job)
    assert contents(made["files"])["Patient.000.ndjson"] == server.files["p0"]


def test_what_does_not_go_by(server, job):
    server.faults = {"/$export": [503] * 9}
    with pytest.raises(NodeError, match=r"^the export: the server answers 503$"):
        export(server).run(None, job)
    assert len(server.asked) == 5
    server.faults = {"/$export": ["none"] * 9}
    with pytest.raises(NodeError, match=r"^the export: nothing answers there, or it breaks off$"):
        export(server).run(None, job)


def test_a_body_that_is_cut_is_fetched_again(server, job):
    server.faults = {"/file/p0": ["cut", "cut"]}
    made = export(server).run(None, job)
    assert contents(made["files"])["Patient.000.ndjson"] == server.files["p0"]
    assert server.paths().count("/file/p0") == 3


def test_a_body_that_is_always_cut(server, job):
    server.faults = {"/file/p0": ["cut"] * 9}
    with pytest.raises(
        NodeError, match=r"^Patient.000.ndjson of the export: nothing answers there, or it breaks"
    ):
        export(server).run(None, job)
    made = export(server).run(None, job)  # goes on where it was
    assert server.paths().count("/$export") == 1
    assert server.paths().count("/file/c0") == 1
    assert len(made["files"]) == 3


def test_links_that_have_expired_are_asked_for_again(server, job):
    server.counts["p0"] = 50
    manifests = server.manifest

    def once():
        made = manifests()
        server.links, server.manifest = "b", manifests  # what was just told holds no more
        return made

    server.manifest = once
    made = export(server).run(None, job)
    assert len(made["files"]) == 3
    assert server.paths().count("/$export") == 1
    server.links = "c"


def test_a_file_that_is_gone_for_good(server, job):
    server.faults = {"/file/p1": [410] * 9}
    with pytest.raises(NodeError, match=r"^Patient.001.ndjson of the export: the server answers 410$"):
        export(server).run(None, job)


def test_an_export_that_the_server_has_forgotten_is_begun_anew(server, job):
    server.faults = {"/file/p1": [400]}
    with pytest.raises(NodeError, match="answers 400"):
        export(server).run(None, job)
    server.faults = {"/status": [404]}
    assert len(export(server).run(None, job)["files"]) == 3
    assert server.paths().count("/$export") == 2
    assert server.paths().count("/file/c0") == 2  # files of another export count for nothing


def test_files_come_packed(server, job):
    server.pack = True
    made = export(server).run(None, job)
    assert [f.name for f in made["files"]][1] == "Patient.000.ndjson.gz"
    assert len(list(records(made["files"][1].path))) == 50
    assert made["report"].metric("errors").value == 2


def test_a_count_that_is_not_met(server, job):
    server.counts["c0"] = 21
    text = r"^Condition.000.ndjson of the export: it has 20 resources, and the server's list says 21$"
    with pytest.raises(NodeError, match=text):
        export(server).run(None, job)


def test_tokens(server, other_server, job):
    server.token, server.needs_token = "open sesame", True
    with pytest.raises(NodeError, match="the server answers 401") as caught:
        export(server, token="wrong").run(None, job)
    assert "wrong" not in repr(caught.value)
    made = export(server, token="open sesame").run(None, job)
    assert len(made["files"]) == 3
    kept = [p.read_bytes() for p in job.folder.parent.rglob("*") if p.is_file()]
    assert not any(b"sesame" in k for k in kept)


def test_a_token_goes_where_it_belongs_only(server, other_server, job):
    server.token = "open sesame"
    export(server, token="open sesame").run(None, job)
    assert all("Authorization" not in h for _, p, _, h in server.asked if p.startswith("/file"))
    with pytest.raises(NodeError, match="a token is sent by https:// only"):
        Export(server="http://example.org/fhir", token="x").run(
            None, type(job)(job.folder / "other", "x", print, job.spawn)
        )


def test_a_token_follows_no_redirection_to_another_host(server, other_server, job):
    server.token, server.needs_token, server.redirect = "open sesame", True, other_server.url
    assert len(export(server, token="open sesame").run(None, job)["files"]) == 3
    assert other_server.paths().count("/file/p0") == 1
    assert all("Authorization" not in h for _, _, _, h in other_server.asked)


def test_a_server_that_takes_too_long_is_told_so(server, job):
    server.progress = ["1%"] * 999
    server.faults = {}
    job.deadline = time.time() - 1
    with pytest.raises(NodeError, match="has not finished the export in time; it was cancelled there"):
        export(server).run(None, job)
    assert server.paths("DELETE") == ["/status"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"requiresAccessToken":false,"output":[{"type":"../x","url":"u"}]}',
        b'{"requiresAccessToken":false,"output":[{"type":"Patient"}]}',
        b'{"requiresAccessToken":false,"output":[{"type":"Patient","url":"u","count":"3"}]}',
    ],
)
def test_a_list_of_files_that_is_none(server, job, body):
    server.manifest = lambda: None
    real = server.send
    server.send = lambda r, s, b=b"", *a, **k: real(r, s, body if b == b"null" else b, *a, **k)
    with pytest.raises(NodeError, match=r"^the server's list of files is not as it should be$"):
        export(server).run(None, job)


def test_a_list_of_files_of_this_machine(server, job):
    made = server.manifest()
    made["output"][0]["url"] = "file:///etc/passwd"
    server.manifest = lambda: made
    with pytest.raises(NodeError, match="neither http:// nor https://"):
        export(server).run(None, job)


def test_a_server_without_exports(server, job):
    server.faults = {"/$export": [200]}
    with pytest.raises(NodeError, match=r"^the server answers 200 and begins no export$"):
        export(server).run(None, job)
