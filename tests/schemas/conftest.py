"""The language server that editors start for YAML, spoken to as they do, over its standard streams."""

import itertools
import json
import os
import shutil
import subprocess

import pytest

_SETTINGS = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}


class LanguageServer:
    """A client of one server. A request waits for its answer; what the server tells meanwhile is kept."""

    def __init__(self, command, folder):
        self._process = subprocess.Popen([command, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._numbers = itertools.count(1)
        self._told = []
        self._folder = folder
        self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folder.as_uri(),
                "capabilities": {
                    "textDocument": {
                        "completion": {"completionItem": {"documentationFormat": ["markdown"]}},
                        "hover": {"contentFormat": ["markdown"]},
                        "publishDiagnostics": {},
                    },
                    "workspace": {"configuration": True},
                },
            },
        )
        self.notify("initialized", {})

    def close(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self._process.communicate(timeout=30)

    def request(self, method, parameters):
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def notify(self, method, parameters):
        self._send({"method": method, "params": parameters})

    def open(self, name, text):
        """Open a text as a file of the folder. What the server marks in it: line from 1, words marked, message."""
        uri = self._uri(name)
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        while not any(m["params"]["uri"] == uri for m in self._told):
            self._receive()
        told = next(m for m in self._told if m["params"]["uri"] == uri)
        self._told.remove(told)
        lines = text.splitlines()
        marks = []
        for found in told["params"]["diagnostics"]:
            start, end = found["range"]["start"], found["range"]["end"]
            within = end["character"] if end["line"] == start["line"] else None
            words = "".join(lines[start["line"] :][:1])[start["character"] : within]
            marks.append((start["line"] + 1, words, found["message"]))
        return marks

    def complete(self, name, line, column):
        """What is offered at a place (line from 1, column from 0): labels with their documentation."""
        found = self._at("completion", name, line, column)
        items = found["items"] if isinstance(found, dict) else found
        return {i["label"]: _text(i.get("documentation", "")) for i in items}

    def hover(self, name, line, column):
        """What is shown over a place."""
        return _text((self._at("hover", name, line, column) or {}).get("contents", ""))

    def _at(self, what, name, line, column):
        place = {"line": line - 1, "character": column}
        return self.request(
            f"textDocument/{what}", {"textDocument": {"uri": self._uri(name)}, "position": place}
        )

    def _uri(self, name):
        return (self._folder / name).as_uri()

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _receive(self):
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        message = json.loads(self._process.stdout.read(length))
        if "id" in message and "method" in message:  # a question of the server's own
            result = None
            if message["method"] == "workspace/configuration":
                result = [
                    _SETTINGS if i.get("section") == "yaml" else None for i in message["params"]["items"]
                ]
            self._send({"id": message["id"], "result": result})
        elif message.get("method") == "textDocument/publishDiagnostics":
            self._told.append(message)
        return message


def _text(documentation):
    return documentation["value"] if isinstance(documentation, dict) else documentation


@pytest.fixture(scope="session")
def editor(repository):
    """A running yaml-language-server whose folder is that of the credit-risk flow."""
    tools = repository / ".ci" / "tools" / "node_modules" / ".bin"
    command = shutil.which("yaml-language-server", path=f"{os.environ['PATH']}{os.pathsep}{tools}")
    if command is None:
        pytest.skip("yaml-language-server is not installed: npm install -g yaml-language-server")
    server = LanguageServer(command, repository / "flows" / "credit-risk")
    yield server
    server.close()
