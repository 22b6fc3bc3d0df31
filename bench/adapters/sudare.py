"""What Sudare's targets share: gateway and connector in the server's namespace, sign-in through the portal's page."""

import base64
import hashlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from adapters import SERVER_IP, Target

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / ".venv/bin/python"
START_S, STOP_S, PAGE_MS = 90, 30, 90_000


class Sudare(Target):
    """Everything real and inside TLS, as the demonstration starts it (`bench.office`)."""

    kind = ""
    selector = "#screen canvas"
    port = 8443
    wheel_y = 100  # one notch: the browser's pixels are not scaled on the way
    settle = 2.0  # the tip over the picture goes by itself

    @property
    def url(self):
        """The address of the PC's own page."""
        return f"https://{SERVER_IP}:{self.port}{self.path}"

    def start(self):
        """Wait until the office is open, then trust its certificate as an administrator's browsers would."""
        folder = self.tmp / "office"
        command = [str(PYTHON), "-m", "bench.office", self.kind, "--address", SERVER_IP, "--port", str(self.port)]
        self.office = self.spawn("office", *command, "--dir", str(folder), cwd=ROOT)
        deadline = time.monotonic() + START_S
        while not (folder / "ready.json").exists():
            if self.office.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start; see {self.tmp}")
            time.sleep(0.1)
        self.ready = json.loads((folder / "ready.json").read_text())
        self.display, self.path = self.ready["display"], self.ready["path"]
        self.chromium_args = [f"--ignore-certificate-errors-spki-list={_spki(self.ready['certificate'])}"]

    def login(self, page):
        """Sign in and give the PC's password where the page asks, and make the screen's window exactly its size."""
        page.set_default_timeout(PAGE_MS)
        form, screen = page.get_by_test_id("signin-login"), page.locator(".office > main")
        form.or_(screen).wait_for()
        if form.is_visible():
            form.fill(self.ready["login"])
            page.get_by_test_id("signin-password").fill(self.ready["passphrase"])
            page.get_by_test_id("signin-submit").click()
        screen.wait_for()
        self._window(page)
        password = page.get_by_test_id("pc-password")
        password.or_(page.locator(self.selector)).wait_for()
        if password.is_visible():
            if self.ready["account"]:
                page.get_by_test_id("pc-account").fill(self.ready["account"])
            password.fill(self.ready["password"])
            page.get_by_test_id("remember").set_checked(bool(self.opt.get("remember")))
            page.get_by_test_id("pc-submit").click()

    def _window(self, page):
        box, now = page.locator(".office > main").bounding_box(), page.viewport_size
        width, height = now["width"] + 1280 - box["width"], now["height"] + 800 - box["height"]
        page.set_viewport_size({"width": round(width), "height": round(height)})

    def stop(self):
        """Let the office close itself: it has processes in groups of their own."""
        for process in self.procs:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGTERM)
                process.wait(STOP_S)
        super().stop()


def _spki(certificate):
    """The certificate's public key as Chromium's list wants it."""
    key = subprocess.run(
        ["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True
    ).stdout
    der = base64.b64decode(b"".join(line for line in key.splitlines() if not line.startswith(b"-")))
    return base64.b64encode(hashlib.sha256(der).digest()).decode()
