"""The page's server: to whom it answers, what its answers carry, and what it never says."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading

import pytest

from weirflow.api import Inputs, NodeError, ServiceContext


def test_every_answer_is_locked(served):
    for path in ("/", "/main.js", "/nothing", "/api/start"):
        _, _, headers = served.get(path)
        policy = {p.split()[0]: p.split()[1:] for p in headers["content-security-policy"].split("; ")}
        assert policy["default-src"] == ["'none'"]
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "server" not in {h.lower() for h in headers}


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("LOCALHOST", 200),
        ("[::1]:{port}", 200),
        ("rebound.example:{port}", 421),
        ("127.0.0.1.rebound.example", 421),
        ("", 421),
    ],
)
def test_names_that_are_not_ours_are_refused(served, host, status):
    port = served.origin.rpartition(":")[2]
    connection = http.client.HTTPConnection("127.0.0.1", int(port))
    connection.putrequest("GET", "/", skip_host=True)
    connection.putheader("Host", host.format(port=port))
    connection.endheaders()
    assert connection.getresponse().status == status
    connection.close()


def test_only_who_has_the_key_is_told(served):
    assert served.ask("start")[0] == 200
    assert served.ask("start", Authorization="Bearer other")[0] == 401
    assert served.ask("start", Authorization="Bearer é")[0] == 401
    assert served.get("/api/start", b"{}", **{"Content-Type": "application/json"})[0] == 401
    assert served.ask("start", **{"Sec-Fetch-Site": "cross-site"})[0] == 403
    assert served.ask("start", **{"Content-Type": "text/plain"})[0] == 415


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"[" * 20_000,
        b'{"question": 5}',
        b'{"question": "x", "more": 1}',
        b'{"limit": 1000}',
        b'{"offset": -1}',
        b'{"since": "yesterday"}',
        json.dumps({"question": "x" * 1001}).encode(),
        json.dumps({"values": {"nothing": ["x"]}}).encode(),
        json.dumps({"values": {'type"; DROP TABLE documents': ["x"]}}).encode(),
    ],
)
def test_what_is_not_understood_is_refused_without_details(served, body):
    status, text = served.ask("search", body)
    assert status == 400
    assert text in {"That is not understood.", "That cannot be asked here."}


def test_what_is_too_long_is_refused(served):
    assert served.ask("search", b" " * 70_000)[0] == 413


def test_paths_lead_to_nothing_else(served):
    for path in (
        "/app.py",
        "/../app.py",
        "/%2e%2e/app.py",
        "/static/main.js",
        "/api",
        "/api/search/",
        "/docs",
    ):
        assert served.get(path, **served.headers)[0] == 404
    assert served.get("/", b"{}")[0] == 405


@pytest.mark.parametrize(
    "question", ['"', "a AND", "NEAR(", "* OR *", "'; DROP TABLE documents; --", "\x00", "-", "{x}:"]
)
def test_questions_are_no_syntax(served, question):
    assert served.ask("search", {"question": question})[0] == 200
    assert served.ask("suggest", {"typed": question})[0] == 200
    assert served.ask("start")[1]["documents"] == 7


def test_a_document_that_is_not_there(served):
    assert served.ask("document", {"document": "n99"})[0] == 404
    assert served.ask("sharing", {"concept": 99, "document": "n1"})[1] == {"total": 0, "documents": []}
    assert served.ask("cohort", {"having": [99]})[1]["total"] == 0


def test_a_fault_is_told_by_its_class_alone(index, entities, monkeypatch, caplog, capfd):
    from weirflow_fhir.page.answers import Answers
    from weirflow_fhir.page.app import application
    from weirflow_fhir.search.index import Searcher

    answers = Answers(Searcher(index.path), None, title="t", patient="patient_id")

    def fail(*_args, **_options):
        raise ValueError("Ada Fernwood has diabetes")

    monkeypatch.setattr(answers._searcher, "search", fail)
    sent = []

    async def receive():
        return {"type": "http.request", "body": b'{"question": "secret"}', "more_body": False}

    async def send(message):
        sent.append(message)

    headers = {"host": "127.0.0.1", "authorization": "Bearer k", "content-type": "application/json"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/search",
        "query_string": b"",
        "root_path": "",
        "headers": [(n.encode(), v.encode()) for n, v in headers.items()],
    }
    asyncio.run(application(answers, host="127.0.0.1", key="k")(scope, receive, send))
    assert (sent[0]["status"], sent[1]["body"]) == (500, b"Something went wrong.")
    written = caplog.text + "".join(capfd.readouterr())
    assert "ValueError" in written
    assert "Ada" not in written
    assert "secret" not in written


def test_nothing_is_written_about_what_is_asked(served, capfd, caplog):
    served.ask("search", {"question": "zebra"})
    served.ask("document", {"document": "n1"})
    served.get("/zebra")
    assert "".join(capfd.readouterr()) + caplog.text == ""


def test_a_port_that_is_taken_is_told(index, served):
    from weirflow_fhir.page.service import SearchPage

    port = int(served.origin.rpartition(":")[2])
    context = ServiceContext("127.0.0.1", port, print, threading.Event())
    with pytest.raises(NodeError, match=f"cannot listen on port {port}"):
        SearchPage().serve(Inputs([("index", index)]), context)


def test_without_entities_there_is_search_alone(index):
    from weirflow_fhir.page import asks
    from weirflow_fhir.page.answers import Answers
    from weirflow_fhir.search.index import Searcher

    answers = Answers(Searcher(index.path), None, title="t", patient="patient_id")
    assert answers.start(asks.Nothing())["entities"] is False
    assert answers.search(asks.Search("lungs"))["total"] == 1
    assert answers.document(asks.OfDocument("n4"))["mentions"] == []
    assert answers.cohort(asks.Cohort([1])) is None
