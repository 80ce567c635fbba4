"""A program in the place of `python -m ivr.worker`: answers health checks, writes its environment down."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    ours = {name: value for name, value in os.environ.items() if name.startswith("YULIA_")}
    Path(os.environ["YULIA_LINE__STATE_DIR"], "worker-environment.json").write_text(json.dumps(ours))
    with ThreadingHTTPServer(("127.0.0.1", int(os.environ["YULIA_WEB__PORT"])), Health) as server:
        server.serve_forever()
