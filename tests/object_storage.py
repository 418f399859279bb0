"""Object storage for tests: enough of S3's protocol for DuckDB, as its HTTP proxy, so that no name need resolve."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "S3CR3T-of-the-bucket"  # noqa: S105 - what is looked for
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "reader",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": "eu-central-1",
    "DUCKDB_S3_ENDPOINT": "storage.example",
    "DUCKDB_S3_USE_SSL": "false",
}
_LISTED = b'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>%s</ListBucketResult>'
_BEGUN = b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
_ENDED = b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"
_KEY = re.compile(r"<Key>(.*?)</Key>")
_OF_OBJECT = {"ETag": '"x"', "Last-Modified": "Sat, 21 Nov 2026 16:00:00 GMT", "Accept-Ranges": "bytes"}


@dataclass
class Storage:
    """What lies in the buckets, and what was asked of them: method, host, path, and the key's name if it was signed."""

    port: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    storage: Storage

    def log_message(self, *_: object) -> None:
        pass

    def _asked(self) -> tuple[str, dict[str, list[str]]]:
        url = urlsplit(self.path)
        signed = self.headers.get("Authorization", "")
        key = signed.partition("Credential=")[2].partition("/")[0]
        self.storage.asked.append((self.command, url.hostname or "", url.path, key))
        return f"{url.hostname}{url.path}", parse_qs(url.query, keep_blank_values=True)

    def _answer(self, code: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(code)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        name, _ = self._asked()
        if name in self.storage.objects:
            self._answer(200, headers=_OF_OBJECT | {"Content-Length": str(len(self.storage.objects[name]))})
        else:
            self._answer(404)

    def do_GET(self) -> None:
        name, query = self._asked()
        if "list-type" in query:
            bucket = f"{name.rstrip('/')}/"
            found = [known for known in self.storage.objects if known.startswith(bucket + query["prefix"][0])]
            contents = b"".join(
                b"<Contents><Key>%s</Key><Size>1</Size></Contents>" % known.removeprefix(bucket).encode()
                for known in found
            )
            self._answer(200, _LISTED % contents)
        elif name not in self.storage.objects:
            self._answer(404)
        else:
            body = self.storage.objects[name]
            begin, _, end = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
            last = int(end) if end else len(body) - 1
            part = {"Content-Range": f"bytes {begin}-{last}/{len(body)}"}
            self._answer(206, body[int(begin) : last + 1], _OF_OBJECT | part)

    def do_PUT(self) -> None:
        name, query = self._asked()
        part = f"#{int(query['partNumber'][0]):06}" if "partNumber" in query else ""
        self.storage.objects[name + part] = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(200, headers={"ETag": '"x"'})

    def do_POST(self) -> None:
        name, query = self._asked()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "delete" in query:
            for key in _KEY.findall(body.decode()):
                self.storage.objects.pop(f"{name.rstrip('/')}/{unescape(key)}", None)
            self._answer(200, b"<DeleteResult></DeleteResult>")
            return
        if "uploads" in query:
            self._answer(200, _BEGUN)
            return
        parts = sorted(known for known in self.storage.objects if known.startswith(f"{name}#"))
        self.storage.objects[name] = b"".join(self.storage.objects.pop(part) for part in parts)
        self._answer(200, _ENDED)


@contextmanager
def object_storage() -> Iterator[Storage]:
    """Serve empty buckets on this machine, where the environment says, as long as the context lasts."""
    storage = Storage()
    handler = type("Handler", (_Handler,), {"storage": storage})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        storage.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            with pytest.MonkeyPatch.context() as environment:
                for name, value in {**_ENVIRONMENT, "HTTP_PROXY": f"http://127.0.0.1:{storage.port}"}.items():
                    environment.setenv(name, value)
                yield storage
        finally:
            server.shutdown()
            thread.join()
