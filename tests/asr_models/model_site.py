"""A web site with one file to fetch, that can misbehave in the ways sites and lines do."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PIECE_BYTES = 2**16


class ModelSite:
    """What the site has and how it behaves; changed by tests while it runs."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.etag: str | None = '"one"'
        self.last_modified: str | None = None
        self.kind = "application/zip"
        self.announced_bytes: int | None = None  # something else than the truth
        self.announces_length = True
        self.statuses: list[int] = []  # answers given before it serves
        self.cuts: list[int] = []  # bytes after which each of the next connections breaks
        self.hangs_after: int | None = None  # bytes after which it sends nothing more
        self.trusts_ranges = False  # sends any part asked for, whatever version the client has
        self.moved_to: str | None = None
        self.hanging = threading.Event()
        self.released = threading.Event()
        self.ranges: list[str | None] = []  # of each request
        self.url = ""

    @property
    def requests(self) -> int:
        """How often it was asked."""
        return len(self.ranges)

    @contextmanager
    def serving(self) -> Iterator[ModelSite]:
        """Serve on a free port of the loopback."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": self}))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/model.zip"
        try:
            yield self
        finally:
            self.released.set()
            server.shutdown()
            thread.join()
            server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: ModelSite

    def do_GET(self) -> None:
        site = self.site
        asked = self.headers.get("Range")
        site.ranges.append(asked)
        self.close_connection = True
        if site.moved_to is not None and self.path != "/moved.zip":
            self._begin(302, {"Location": site.moved_to, "Content-Length": "0"})
            return
        if site.statuses:
            self._begin(site.statuses.pop(0), {"Content-Length": "0"})
            return
        start = self._start(asked)
        whole = len(site.content) if site.announced_bytes is None else site.announced_bytes
        headers = {"Content-Type": site.kind}
        if site.announces_length:
            headers["Content-Length"] = str(whole - start)
        if site.etag:
            headers["ETag"] = site.etag
        if site.last_modified:
            headers["Last-Modified"] = site.last_modified
        if start >= whole:
            self._begin(416, {"Content-Range": f"bytes */{whole}", "Content-Length": "0"})
            return
        if start:
            headers["Content-Range"] = f"bytes {start}-{whole - 1}/{whole}"
        self._begin(206 if start else 200, headers)
        self._send(site.content[start:])

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""

    def _start(self, asked: str | None) -> int:
        told = re.fullmatch(r"bytes=(\d+)-", asked or "")
        versions = {self.site.etag, self.site.last_modified} - {None}
        if told is None or not (self.site.trusts_ranges or self.headers.get("If-Range") in versions):
            return 0
        return int(told[1])

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()

    def _send(self, content: bytes) -> None:
        site = self.site
        end = min([len(content), *site.cuts[:1]])
        del site.cuts[:1]
        for place in range(0, end, _PIECE_BYTES):
            piece = content[place : min(place + _PIECE_BYTES, end)]
            if site.hangs_after is not None and place + len(piece) > site.hangs_after:
                self.wfile.write(piece[: site.hangs_after - place])
                self.wfile.flush()
                site.hanging.set()
                site.released.wait(30)
                return
            self.wfile.write(piece)
