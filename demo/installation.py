"""Sudare in front of the city hall: a gateway and a connector, set up the way an administrator and the people would."""

import contextlib
import hashlib
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from demo import people
from demo.book import Book
from demo.browser import Browser, RefusedError
from demo.cityhall.city import CityHall
from demo.cityhall.desktops import PC
from demo.cityhall.process import NotReadyError, Process

ROOT = Path(__file__).parent.parent
_SUDARE = (sys.executable, "-m", "sudare.entry.cli")
_GOOD_S = 5 * 86_400.0  # certificates live seven days, and are renewed only while the connector runs
_CONNECTOR = """[connector]
gateway = "{url}"
name = "{site}"
[worker]
sandbox = "{sandbox}"
limit = 20
"""
_SCHEDULE = """[schedule]
kind = "caldav"
url = "{groupware}"
account = "{{account}}"
credential = "person"
"""
_TARGET = """[[target]]
id = "{id}"
name = "{name}"
kind = "{kind}"
host = "127.0.0.1"
port = {port}
certificate = "{pin}"
resize = {resize}
"""


@dataclass(frozen=True)
class Place:
    """Where the gateway is reached: the host people type, and the address it listens on."""

    host: str = "localhost"
    address: str = "127.0.0.1"


class Installation:
    """Gateway and connector of one demonstration; `stop` ends both."""

    def __init__(
        self, folder: Path, book: Book, pcs: Mapping[str, PC], groupware: str = "", place: Place | None = None
    ) -> None:
        self._folder, self._book = folder, book
        self._pcs, self._groupware = pcs, groupware
        self._place = place or Place()
        self.gateway_folder = folder / "gateway"
        self.connector_folder = folder / "connector"
        self.url = f"https://{self._place.host}:{book.port}"
        self.certificate = self.gateway_folder / "tls.pem"
        self.targets: dict[str, str] = {}
        self.site = ""
        self._running: dict[str, Process] = {}

    def start(self) -> None:
        """Bring everything up; steps done by an earlier run are not done again."""
        try:
            self._prepare_gateway()
            self.run_gateway()
            self._people()
            self._prepare_connector()
            self.run_connector()
            self._grants()
            if self._groupware:
                self._secrets()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what was started; idempotent."""
        while self._running:
            self._running.popitem()[1].stop()

    def end(self, name: str) -> None:
        """End the `gateway` or the `connector` alone; `run_gateway` and `run_connector` bring them back."""
        self._running.pop(name).stop()

    def pid(self, name: str) -> int:
        """Process id of the `gateway` or the `connector`."""
        return self._running[name].pid

    def check(self) -> str:
        """The name of something of ours that has ended, or nothing."""
        return next((name for name, process in self._running.items() if not process.running), "")

    def browser(self, login: str = "") -> Browser:
        """A browser, signed in when a login is given."""
        browser = Browser(self.url, self.certificate)
        if login:
            browser.sign_in(login, self._book.people[login])
        return browser

    def _prepare_gateway(self) -> None:
        config = self.gateway_folder / "gateway.toml"
        listen = f"{self._place.address}:{self._book.port}"
        if not config.exists():
            options = ["--name", self.url, "--organisation", people.CITY, "--admin", people.ADMIN.login]
            self._remember(people.ADMIN.login, self._gateway_command("init", *options, "--listen", listen))
        text = re.sub(r'(?m)^url = "https://[^"]*"', f'url = "{self.url}"', config.read_text())
        config.write_text(re.sub(r'(?m)^listen = "[^"]*"', f'listen = "{listen}"', text))

    def run_gateway(self) -> None:
        """Start the gateway and wait until it answers."""
        run = [*_SUDARE, "gateway", "run", "--dir", str(self.gateway_folder)]
        self._running["gateway"] = Process("gateway", run, self._folder / "gateway.log", cwd=ROOT)
        self._running["gateway"].wait_until(self._answers, 40)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError, RefusedError, ValueError):
            return self.browser().call("GET", "session") is not None
        return False

    def _people(self) -> None:
        for person in people.EVERYBODY:
            if person.login in self._book.ready:
                continue
            if person.login not in self._book.links:
                self._remember(person.login, self._invite(person))
            try:
                self.browser().welcome(self._book.links[person.login], self._book.people[person.login])
            except RefusedError:
                # An earlier run ended between using the link and writing that down: ask for another.
                self._remember(person.login, self._gateway_command("person", "welcome", person.login))
                self.browser().welcome(self._book.links[person.login], self._book.people[person.login])
            self._book.ready.append(person.login)
            del self._book.links[person.login]
            self._book.write(self._folder)

    def _invite(self, person: people.Person) -> str:
        try:
            return self._gateway_command("person", "add", person.login, person.name, "--yomi", person.yomi)
        except NotReadyError:
            return self._gateway_command("person", "welcome", person.login)

    def _remember(self, login: str, told: str) -> None:
        self._book.links[login] = next(line for line in reversed(told.splitlines()) if "#" in line).split()[-1]
        self._book.write(self._folder)

    def _prepare_connector(self) -> None:
        self.connector_folder.mkdir(mode=0o700, exist_ok=True)
        if time.time() - self._book.joined > _GOOD_S:
            self._forget_connectors()
            token = self._gateway_command("connector", "add", people.SITE).split()[-1]
            options = ["--dir", str(self.connector_folder), "--name", people.SITE]
            options += ["--accept-fingerprint", fingerprint(self.certificate)]
            self._command("connector", "join", self.url, token, *options)
            self._book.joined = time.time()
            self._book.write(self._folder)
        (self.connector_folder / "connector.toml").write_text(self._connector_file())

    def run_connector(self) -> None:
        """Start the connector and wait until the gateway knows its PCs."""
        run = [*_SUDARE, "connector", "run", "--dir", str(self.connector_folder)]
        connector = Process("connector", run, self._folder / "connector.log", cwd=ROOT)
        self._running["connector"] = connector
        admin = self.browser(people.ADMIN.login)
        connector.wait_until(lambda: bool(self._offered(admin)), 40)

    def _forget_connectors(self) -> None:
        """A connector away for longer than its certificate is good may not come back: it joins anew."""
        for line in self._gateway_command("connector", "list").splitlines():
            connector, _, state = line.partition("\t")
            if not state.endswith("revoked"):
                self._gateway_command("connector", "revoke", connector)
        shutil.rmtree(self.connector_folder, ignore_errors=True)
        self.connector_folder.mkdir(mode=0o700, exist_ok=True)

    def _connector_file(self) -> str:
        head = _CONNECTOR.format(url=self.url, site=people.SITE, sandbox=sandbox())
        schedule = _SCHEDULE.format(groupware=self._groupware) if self._groupware else ""
        return head + schedule + "".join(_target(name, pc) for name, pc in self._pcs.items())

    def _offered(self, admin: Browser) -> dict[str, str]:
        """The PCs of the connected connector, id there to id at the gateway; empty until all are known."""
        connected = {c["id"] for c in admin.call("GET", "admin/connectors") if c["connected"]}
        offered = [t["id"] for t in admin.call("GET", "admin/targets") if t["site"] in connected and t["offered"]]
        found = {target.partition("~")[2]: target for target in offered}
        return found if self._pcs.keys() <= found.keys() else {}

    def _grants(self) -> None:
        offered = self._offered(self.browser(people.ADMIN.login))
        for person in people.STAFF:
            for target in offered.keys() & set(person.targets):
                self._gateway_command("grant", person.login, offered[target])
        self.site = next(iter(offered.values())).partition("~")[0]
        browser = self.browser(people.YAMADA.login)
        self.targets = {t["name"]: t["id"] for t in browser.call("GET", "targets")}
        browser.call("POST", "signout", {})

    def _secrets(self) -> None:
        """Yamada stores her groupware password, sealed, as she would on her phone. Sato is asked when he looks."""
        self._until_connected(people.YAMADA.login)
        browser = self.browser(people.YAMADA.login)
        browser.keep_secret("api", self.site, people.YAMADA.login, self._book.groupware[people.YAMADA.login])
        browser.call("POST", "signout", {})

    def _until_connected(self, login: str) -> None:
        browser = self.browser(login)
        deadline = time.monotonic() + 20
        while not all(site["connected"] for site in browser.call("GET", "sites")):
            if time.monotonic() > deadline:
                raise NotReadyError("the connector does not stay connected")
            time.sleep(0.1)

    def _gateway_command(self, *arguments: str) -> str:
        return self._command("gateway", *arguments, "--dir", str(self.gateway_folder))

    def _command(self, *arguments: str) -> str:
        done = subprocess.run([*_SUDARE, *arguments], capture_output=True, text=True, check=False, timeout=60, cwd=ROOT)
        if done.returncode:
            raise NotReadyError(f"sudare {' '.join(arguments[:3])}: {done.stderr.strip()[-800:]}")
        return done.stdout.strip()


def _target(name: str, pc: PC) -> str:
    resize = "true" if pc.resizes else "false"
    return _TARGET.format(id=name, name=pc.name, kind=pc.kind, port=pc.port, pin=pc.pin, resize=resize)


def fingerprint(certificate: Path) -> str:
    """SHA-256 of the certificate's public key, as the connector asks for it."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def sandbox() -> str:
    """What the session workers can be locked into on this machine."""
    probe = ["bwrap", "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "--proc", "/proc", "true"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        if subprocess.run(probe, capture_output=True, check=False, timeout=10).returncode == 0:
            return "bubblewrap"
    return "none"


def ready_file(book: Book, installation: Installation, city: CityHall) -> dict[str, Any]:
    """What the journey tests and the benchmark need to know."""
    return {
        "url": installation.url,
        "certificate": str(installation.certificate),
        "people": {p.login: {"name": p.name, "password": book.people[p.login]} for p in people.EVERYBODY},
        "groupware": {"url": city.groupware.url, "passwords": book.groupware},
        "site": installation.site,
        "targets": {
            "rdp": _pc(installation, city.rdp),
            "vnc": _pc(installation, city.vnc),
        },
        "logs": str(installation.certificate.parent.parent),
    }


def _pc(installation: Installation, pc: PC) -> dict[str, Any]:
    told = {name: getattr(pc, name) for name in ("name", "kind", "account", "password", "port", "display", "pin")}
    return {"id": installation.targets[pc.name], **told}
