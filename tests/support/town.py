"""The demonstration as a test drives it: a little city hall, Sudare, and real Chromium browsers in front of it."""

import asyncio
import base64
import contextlib
import datetime as dt
import hashlib
import threading
import time

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from demo.book import open_book
from demo.cityhall.city import CityHall, Passwords
from demo.cityhall.process import free_port
from demo.installation import Installation

JST = dt.timezone(dt.timedelta(hours=9))
CHROMIUM = "/usr/bin/chromium"
# Chromium cannot lock itself in as root (CI); nothing foreign is opened here. Background services would dial out.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--disable-quic", "--no-first-run", "--force-color-profile=srgb")  # fmt: skip
_READ = """([w, h]) => {
  const shown = document.querySelector("#screen canvas");
  if (!shown) return "";
  const copy = new OffscreenCanvas(w, h).getContext("2d", { willReadFrequently: true });
  copy.drawImage(shown, 0, 0);
  const bytes = copy.getImageData(0, 0, w, h).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}"""


class Town:
    """City hall, gateway and connector on loopback; every part can be stopped and started again."""

    def __init__(self, folder):
        self.folder = folder
        self.book = open_book(folder)
        self.book.port = free_port()
        self.book.write(folder)
        passwords = Passwords(self.book.groupware, self.book.rdp, self.book.vnc)
        self.city = CityHall(folder / "cityhall", passwords, dt.datetime.now(JST).date())
        self.sudare = Installation(folder, self.book, self.city.pcs, self.city.groupware.url)
        try:
            self.sudare.start()
        except BaseException:
            self.city.stop()
            raise
        self.url = self.sudare.url

    def stop(self):
        self.sudare.stop()
        self.city.stop()

    def password(self, login):
        return self.book.people[login]

    def pc(self, kind):
        return self.city.rdp if kind == "rdp" else self.city.vnc

    def logs(self):
        """Everything Sudare's own processes wrote to their logs."""
        return b"".join((self.folder / f"{name}.log").read_bytes() for name in ("gateway", "connector"))

    def spki(self):
        """For Chromium: trust this one key, as if its authority were known, service workers included."""
        key = x509.load_pem_x509_certificate(self.sudare.certificate.read_bytes()).public_key()
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(der).digest()).decode()


class Wire:
    """
    A line, between a browser and the gateway or elsewhere: a TCP relay that can be cut and mended, and made long.

    Chromium is told to look for the gateway here, so origin and certificate stay the gateway's own.
    """

    def __init__(self, port, delay_s=0.0):
        self._target = port
        self.delay_s = delay_s  # one way
        self._loop = asyncio.new_event_loop()
        self._lines = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._thread.start()
        self._whole = True
        self._server = self._call(asyncio.start_server(self._carry, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    def _call(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _carry(self, reader, writer):
        self._lines.add(writer)
        try:
            if not self._whole:
                writer.transport.abort()
                return
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
            self._lines.add(far_writer)
            try:
                await asyncio.gather(self._pour(reader, far_writer), self._pour(far_reader, writer))
            finally:
                self._lines.discard(far_writer)
                far_writer.close()
        except OSError:
            writer.transport.abort()
        finally:
            self._lines.discard(writer)
            writer.close()

    async def _pour(self, reader, writer):
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                if self.delay_s:
                    loop.call_later(self.delay_s, writer.write, data)
                else:
                    writer.write(data)
                    await writer.drain()
        loop.call_later(self.delay_s, writer.close)

    def cut(self):
        """Every connection ends now, and none is made until `mend`."""

        async def snip():
            self._whole = False
            for line in list(self._lines):
                line.transport.abort()

        self._call(snip())

    def mend(self):
        self._whole = True

    def close(self):
        async def end():
            self._server.close()
            for line in list(self._lines):
                line.transport.abort()

        self._call(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def launch(playwright, town, port=0):
    """A Chromium that reaches the gateway through `port`, when given, and trusts its certificate."""
    arguments = [*ARGUMENTS, f"--ignore-certificate-errors-spki-list={town.spki()}"]
    if port:
        arguments.append(f"--host-resolver-rules=MAP localhost:{town.book.port} 127.0.0.1:{port}")
    return playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)


class Person:
    """Somebody at a page of the portal."""

    def __init__(self, town, context):
        self.town = town
        self.context = context
        self.page = context.new_page()
        self.page.set_default_timeout(30_000)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def by(self, testid):
        return self.page.locator(f'[data-testid="{testid}"]')

    def sign_in(self, login, password=None):
        self.page.goto(self.town.url)
        self.by("signin-login").fill(login)
        self.by("signin-password").fill(self.town.password(login) if password is None else password)
        self.by("signin-submit").click()

    def begin(self, login):
        """Sign in and see the day (or its question for a password)."""
        self.sign_in(login)
        self.page.locator('[data-testid="day-list"], [data-testid="schedule-password"]').first.wait_for()
        return self

    def problem(self):
        """The code on the screen, once there is one."""
        self.by("problem").wait_for()
        return self.by("problem").get_attribute("data-code")

    def open_pc(self, kind, password=None, *, remember=False):
        """Choose the PC on its card, with a password given now, not a remembered one."""
        pc = self.town.pc(kind)
        self.page.locator("nav a[href='/pcs']").click()
        card = self.page.locator(f'[data-testid="pc-card"][data-kind="{kind}"]')
        card.wait_for()
        if card.locator('[data-testid="forget"]').count():
            card.locator('[data-testid="forget"]').click()
            card.locator('[data-testid="forget"]').wait_for(state="detached")
        card.locator('[data-testid="connect"]').click()
        self.answer(kind, pc.password if password is None else password, remember=remember)

    def answer(self, kind, password, *, remember=False):
        """The question for the PC's password."""
        self.by("pc-password").wait_for()
        if kind == "rdp":
            self.by("pc-account").fill(self.town.city.rdp.account)
        self.by("pc-password").fill(password)
        self.by("remember").set_checked(remember)
        self.by("pc-submit").click()

    def phase(self, phase, within_s=30):
        """Wait until the desktop is `connecting`, `active`, `reconnecting` or `closed`."""
        chosen = self.page.locator(f'[data-testid="session-phase"][data-phase="{phase}"]')
        chosen.wait_for(state="attached", timeout=within_s * 1000)

    def point(self, x, y):
        """
        Move the mouse over the picture.

        A VNC server draws the pointer into the picture as long as it stands where this client has not put it.
        """
        self.page.locator("#screen canvas").hover(position={"x": x, "y": y})
        self.page.mouse.move(x + 20, y + 70)

    def picture(self, w, h):
        """What the canvas shows, BGR."""
        raw = base64.b64decode(self.page.evaluate(_READ, [w, h]))
        return np.frombuffer(raw, np.uint8).reshape(h, w, 4)[:, :, 2::-1] if raw else np.zeros((0, 0, 3), np.uint8)

    def until(self, reached, within_s=30):
        """Look again until `reached()` is true; its last value."""
        deadline = time.monotonic() + within_s
        while not (value := reached()) and time.monotonic() < deadline:
            self.page.evaluate("() => new Promise((shown) => requestAnimationFrame(() => setTimeout(shown, 30)))")
        return value

    def shows(self, screen, within_s=30):
        """Whether the canvas comes to be the X server's framebuffer, pixel for pixel."""

        def equal():
            true = screen.grab()
            return np.array_equal(self.picture(true.shape[1], true.shape[0]), true)

        return self.until(equal, within_s)
