#!/usr/bin/env python3
"""Runs a command against a real OctoPrint with its virtual printer, for tests that must not be faked.

usage: scripts/octoprint.py [--keep-log] -- COMMAND [ARG...]      run COMMAND, exit with its code
       scripts/octoprint.py --install                             only install OctoPrint into the cache

The command finds in its environment
  IMPRIMATUR_TEST_OCTOPRINT          http://127.0.0.1:PORT
  IMPRIMATUR_TEST_OCTOPRINT_KEY      a user's API key, fresh for every run
  IMPRIMATUR_TEST_OCTOPRINT_PID      the process at the start
  IMPRIMATUR_TEST_OCTOPRINT_CONTROL  http://127.0.0.1:PORT/TOKEN: POST to .../kill, .../terminate or .../restart
                                     (= kill -9, then start); each answers when it is done
If OctoPrint dies in any other way it is started again as well.

Needs Python 3.9 or later with venv, and the network for the first run (or PIP_FIND_LINKS / PIP_INDEX_URL). It touches
only ${XDG_CACHE_HOME:-~/.cache}/imprimatur and a temporary folder; OctoPrint listens on loopback only and has every
plugin that would talk to the outside switched off.
"""
import http.client
import http.server
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

VERSION = "1.11.8"
READY_WITHIN = 180  # seconds; 5 on an idle machine

OFF = (
    "softwareupdate, tracking, announcements, errortracking, pluginmanager, discovery, pi_support, firmware_check, "
    "file_check, health_check, achievements, backup, gcodeviewer"
)
CONFIG = """server:
  host: 127.0.0.1
  port: {port}
  firstRun: false
  seenWizards: {{backup: 1, classicwebcam: 1, corewizard: 4, softwareupdate: 1, tracking: 1}}
  onlineCheck: {{enabled: false}}
  pluginBlacklist: {{enabled: false}}
  incompleteStartup: false
  ignoreIncompleteStartup: true
  secretKey: {secret}
serial: {{port: VIRTUAL, baudrate: 115200, autoconnect: true}}
plugins:
  _disabled: [{off}]
  virtual_printer: {{enabled: true}}
webcam: {{webcamEnabled: false}}
"""
USERS = """_version: 2
imprimatur:
  active: true
  apikey: {key}
  groups: [admins, users]
  password: $argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
  permissions: []
  roles: [user, admin]
  settings: {{}}
"""


def say(text):
    print(f"octoprint.py: {text}", file=sys.stderr, flush=True)


def fail(text):
    say(text)
    sys.exit(3)


def install():
    """The path of the octoprint command; a marker file says that an installation is complete."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "imprimatur"
    home = cache / f"octoprint-{VERSION}"
    marker, command = home / "complete", home / "bin" / "octoprint"
    if marker.exists() and command.exists():
        return command
    say(f"installing OctoPrint {VERSION} into {home}; this happens once")
    shutil.rmtree(home, ignore_errors=True)
    cache.mkdir(parents=True, exist_ok=True)
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        fail("python3 lacks venv: install it first (Debian, Ubuntu: apt install python3-venv)")
    for step in (
        [sys.executable, "-m", "venv", str(home)],
        [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", f"OctoPrint=={VERSION}"],
    ):
        if subprocess.run(step).returncode != 0:
            fail(f"installing OctoPrint failed at: {' '.join(step)}")
    marker.write_text(VERSION + "\n")
    return command


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Peer:
    """One OctoPrint process and the means to restart it."""

    def __init__(self, command, base):
        self.command, self.base = command, base
        self.port, self.key = free_port(), secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{self.port}"
        self.lock, self.process, self.stopping = threading.RLock(), None, False
        (base / "config.yaml").write_text(CONFIG.format(port=self.port, secret=secrets.token_hex(16), off=OFF))
        (base / "users.yaml").write_text(USERS.format(key=self.key))

    def operational(self):
        request = urllib.request.Request(self.url + "/api/printer", headers={"X-Api-Key": self.key})
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return bool(json.load(answer)["state"]["flags"]["operational"])
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            return False

    def start(self):
        with self.lock:
            log = open(self.base / "out.log", "ab")
            self.process = subprocess.Popen(
                [str(self.command), "--basedir", str(self.base), "serve", "--host", "127.0.0.1",
                 "--port", str(self.port), "--iknowwhatimdoing"],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            )
            log.close()
            since = time.monotonic()
            while not self.operational():
                if self.process.poll() is not None or time.monotonic() - since > READY_WITHIN:
                    self.stop()
                    sys.stderr.write((self.base / "out.log").read_text(errors="replace")[-4000:])
                    fail("OctoPrint did not become operational")
                time.sleep(0.2)
            say(f"OctoPrint {VERSION} is operational at {self.url} after {time.monotonic() - since:.1f} s")

    def stop(self, how=signal.SIGTERM):
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                return
            self.process.send_signal(how)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def watch(self):
        while not self.stopping:
            time.sleep(0.5)
            if self.lock.acquire(blocking=False):
                try:
                    if not self.stopping and self.process.poll() is not None:
                        self.start()
                finally:
                    self.lock.release()


def control(peer):
    """A loopback server by which a test restarts OctoPrint; its path is a secret."""
    token = secrets.token_hex(16)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            action = self.path[len(token) + 2:] if self.path.startswith(f"/{token}/") else None
            if action not in ("kill", "terminate", "restart"):
                self.send_error(404)
                return
            with peer.lock:
                peer.stop(signal.SIGTERM if action == "terminate" else signal.SIGKILL)
                peer.start()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_address[1]}/{token}"


def complaints(log):
    """What OctoPrint itself had to say, for the reader of a failed run: its last errors and tracebacks."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    wanted, follows = [], False
    for line in lines:
        starts = line[:2] == "20" and " - " in line
        follows = (" - ERROR - " in line) if starts else follows
        if follows:
            wanted.append(line)
    say("the last errors in OctoPrint's own log:\n" + "\n".join(wanted[-80:]))


def main():
    arguments = sys.argv[1:]
    if arguments == ["--install"]:
        print(install())
        return 0
    keep = bool(arguments) and arguments[0] == "--keep-log"
    arguments = arguments[1:] if keep else arguments
    if len(arguments) < 2 or arguments[0] != "--":
        sys.stderr.write(__doc__)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    base = pathlib.Path(tempfile.mkdtemp(prefix="imprimatur-octoprint-"))
    peer = Peer(install(), base)
    try:
        peer.start()
        threading.Thread(target=peer.watch, daemon=True).start()
        environment = dict(
            os.environ,
            IMPRIMATUR_TEST_OCTOPRINT=peer.url,
            IMPRIMATUR_TEST_OCTOPRINT_KEY=peer.key,
            IMPRIMATUR_TEST_OCTOPRINT_PID=str(peer.process.pid),
            IMPRIMATUR_TEST_OCTOPRINT_CONTROL=control(peer),
        )
        code = subprocess.run(arguments[1:], env=environment).returncode
        if code:
            complaints(base / "logs" / "octoprint.log")
        return code
    except KeyboardInterrupt:
        return 130
    finally:
        peer.stopping = True
        peer.stop()
        if keep:
            say(f"log: {base / 'logs' / 'octoprint.log'}")
        else:
            shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
