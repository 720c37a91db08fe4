"""A small server that exports records as FHIR Bulk Data Access has it, on loopback, and misbehaves as told."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PATIENTS = b"".join(b'{"resourceType":"Patient","id":"%d"}\n' % n for n in range(50))
CONDITIONS = b"".join(b'{"resourceType":"Condition","id":"%d"}\n' % n for n in range(20))
ISSUE = {"severity": "error", "code": "exception", "diagnostics": "Muriel is too old"}
OUTCOMES = json.dumps({"resourceType": "OperationOutcome", "issue": [ISSUE, ISSUE]}).encode()
DELETED = b'{"resourceType":"Bundle","type":"transaction","entry":[]}\n'


class Server:
    """What it holds, how it misbehaves, and what it was asked."""

    def __init__(self):
        self.files = {
            "p0": PATIENTS,
            "p1": PATIENTS.upper().lower(),
            "c0": CONDITIONS,
            "e0": OUTCOMES,
            "d0": DELETED,
        }
        self.asked = []  # (method, path, query, headers)
        self.progress = ["10%", "60% of Muriel"]  # what the next questions hear before it is done
        self.faults = {}  # path: a list of what the next requests to it get: a status, "cut", or "none" for silence
        self.headers = {}  # of answers to be asked again
        self.counts = {"p0": 50, "c0": 20}
        self.token = None
        self.needs_token = False
        self.links = "a"  # what links have in their query; others have expired
        self.pack = False
        self.redirect = None
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _any(self):
                server.answer(self)

            do_GET = do_DELETE = do_HEAD = _any  # noqa: N815

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def paths(self, method="GET"):
        return [p for m, p, _, _ in self.asked if m == method]

    def manifest(self):
        def listed(kind, *names):
            made = [{"type": kind, "url": f"{self.url}/file/{n}?signed={self.links}"} for n in names]
            return [
                e | ({"count": self.counts[n]} if n in self.counts else {})
                for e, n in zip(made, names, strict=True)
            ]

        return {
            "transactionTime": "2026-01-02T03:04:05Z",
            "request": f"{self.url}/$export",
            "requiresAccessToken": self.needs_token,
            "output": listed("Patient", "p0", "p1") + listed("Condition", "c0"),
            "error": listed("OperationOutcome", "e0"),
            "deleted": listed("Bundle", "d0"),
        }

    def answer(self, request):
        parts = urlsplit(request.path)
        path = parts.path
        self.asked.append((request.command, path, parse_qs(parts.query), dict(request.headers)))
        fault = self.faults.get(path, [])
        now = fault.pop(0) if fault else None
        if isinstance(now, int):
            self.send(request, now, b'{"resourceType":"OperationOutcome","text":"Muriel"}', self.headers)
        elif now == "none":
            request.close_connection = True
        elif self.token and path != "/status" and not path.startswith("/file") and not self.knows(request):
            self.send(request, 401)
        elif path.endswith("$export"):
            self.send(request, 202, headers={"Content-Location": f"{self.url}/status"})
        elif path == "/status" and request.command == "DELETE":
            self.send(request, 202)
        elif path == "/status" and self.progress:
            progress = self.progress.pop(0)
            self.send(request, 202, headers={"X-Progress": progress, "Retry-After": "0"})
        elif path == "/status":
            self.send(request, 200, json.dumps(self.manifest()).encode())
        elif self.redirect and path.startswith("/file"):
            self.send(request, 302, headers={"Location": self.redirect + request.path})
        elif path.startswith("/file") and parts.query != f"signed={self.links}":
            self.send(request, 403)
        elif path.startswith("/file") and self.needs_token and not self.knows(request):
            self.send(request, 401)
        elif path.startswith("/file"):
            content = self.files[path.rpartition("/")[2]]
            headers = {}
            if self.pack and "gzip" in request.headers.get("Accept-Encoding", ""):
                content, headers = gzip.compress(content, mtime=0), {"Content-Encoding": "gzip"}
            self.send(request, 200, content, headers, cut=now == "cut")
        else:
            self.send(request, 404)

    def knows(self, request):
        return request.headers.get("Authorization") == f"Bearer {self.token}"

    def send(self, request, status, body=b"", headers=None, *, cut=False):
        request.send_response(status)
        for name, value in (headers or {}).items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            request.close_connection = True
