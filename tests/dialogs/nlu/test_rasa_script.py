"""scripts/rasa.sh serves, stops and tidies up. A small server stands where Rasa would be; make test-rasa has Rasa."""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
SERVER = f"""#!{sys.executable}
import http.server, sys

class Status(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{{"model_file": "yulia.tar.gz"}}')

http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Status).serve_forever()
"""


class Script:
    """The script on a state folder of its own, with everything installed and trained."""

    def __init__(self, state: Path) -> None:
        self.rasa = state / "rasa"
        dialogue = state / "dialogue"
        (dialogue / "data").mkdir(parents=True)
        for name in ("data/nlu.yml", "config.yml", "domain.yml"):
            (dialogue / name).write_text(name)
        (self.rasa / "venv/bin").mkdir(parents=True)
        (self.rasa / "venv/bin/python").symlink_to(sys.executable)
        program = self.rasa / "venv/bin/rasa"
        program.write_text(SERVER)
        program.chmod(0o755)
        requirements = (CHECKOUT / "requirements/rasa.txt").read_bytes()
        (self.rasa / "installed").write_text(hashlib.sha256(requirements).hexdigest())
        models = self.rasa / "models"
        models.mkdir()
        (models / "yulia.tar.gz").touch()
        (models / "yulia.sources").write_text(hashlib.sha256(b"data/nlu.ymlconfig.ymldomain.yml").hexdigest())
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.environment = {
            **os.environ,
            "YULIA_LINE__STATE_DIR": str(state),
            "YULIA_DIALOGUE__FOLDER": str(dialogue),
            "YULIA_RASA_PORT": str(port),
        }
        self.serving: subprocess.Popen[str] | None = None

    def __call__(self, what: str) -> subprocess.CompletedProcess[str]:
        command = [CHECKOUT / "scripts/rasa.sh", what]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def serve(self) -> int:
        """Start serving; return the server's process id."""
        self.serving = subprocess.Popen(
            [CHECKOUT / "scripts/rasa.sh"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        while True:
            found = self("pid")
            if found.returncode == 0:
                return int(found.stdout)
            assert self.serving.poll() is None, self.serving.communicate()[0]
            time.sleep(0.1)

    def ended(self) -> tuple[int, str]:
        """Wait until `serve` has ended; return how, and what it said."""
        assert self.serving is not None
        said, _ = self.serving.communicate(timeout=30)
        assert list(self.rasa.glob("*.pid")) == []
        return self.serving.returncode, said


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Script]:
    made = Script(tmp_path)
    yield made
    if made.serving is not None and made.serving.poll() is None:
        made.serving.terminate()
        made.serving.communicate(timeout=30)


def test_a_server_that_is_stopped_ends_well(script: Script) -> None:
    script.serve()
    assert script("stop").stdout == "rasa: stopped\n"
    code, said = script.ended()
    assert (code, "died" in said) == (0, False)
    assert script("stop").stdout == "rasa: not running\n"


def test_a_server_that_dies_is_told(script: Script) -> None:
    os.kill(script.serve(), signal.SIGKILL)
    code, said = script.ended()
    assert (code, "the server died" in said) == (1, True)


def test_the_server_goes_with_the_script(script: Script) -> None:
    pid = script.serve()
    assert script.serving is not None
    script.serving.terminate()
    assert script.ended()[0] == 130
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_second_server_on_the_port_is_refused(script: Script) -> None:
    script.serve()
    again = script("run")
    assert (again.returncode, "already running" in again.stderr) == (1, True)
