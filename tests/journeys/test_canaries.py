"""
Nothing secret and nothing of anybody's work is in any log: a whole installation with canaries planted in it.

Gateway, connector and session processes run as they are installed, at their most talkative (`--log debug`), with a real
calendar and a real desktop. Somebody works, things go wrong, strangers try what strangers try. Then every canary is
looked for in everything those processes said, in the gateway's record and in its files, in every spelling.
"""

import asyncio
import base64
import concurrent.futures
import contextlib
import hashlib
import json
import os
import secrets
import ssl
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import httpx
import pyotp
import pytest
from tests.support.browser import Browser, Ephemeral, screen_hello, sealed
from tests.support.desktops import free_port, wait_until, xvnc
from tests.support.house import handshake
from tests.support.radicale import book, event, radicale

from sudare.base.encoding import unb64
from sudare.runtime import clock
from sudare.runtime.dial import Gateway, connect
from sudare.runtime.tls import spki_of_file
from sudare.wire.screen import inputs as i
from sudare.wire.ticket.codec import Ticket

ROOT = Path(__file__).parents[2]
SUDARE = [sys.executable, "-m", "sudare.entry.cli"]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT / "src")}
TITLE, PLACE = "カナリア人事面談", "カナリア第三会議室"


def canary(what):
    return f"canary-{what}-{secrets.token_hex(6)}"


class Canaries(dict):
    """What must not be told, by name."""

    def found(self, told, *, without=()):
        """The names of those that were, in any spelling."""
        return {
            name for name, value in self.items() if name not in without and any(s in told for s in spellings(value))
        }


def spellings(value):
    raw = value.encode()
    alike = {
        raw,
        json.dumps(value)[1:-1].encode(),
        quote(value).encode(),
        repr(value)[1:-1].encode(),
        raw.hex().encode(),
        base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
        value.encode("utf-16-le"),
    }
    return {one for one in alike if len(one) >= 6}


class Running:
    """One of our processes and all it says."""

    def __init__(self, folder, name, *command):
        self.path = folder / f"{name}.log"
        with self.path.open("wb") as out:
            self.process = subprocess.Popen(
                [*SUDARE, *command], env=ENVIRONMENT, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd="/"
            )

    def says(self, what):
        return wait_until(lambda: what in self.path.read_bytes(), 60)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def command(*words):
    done = subprocess.run([*SUDARE, *words], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class Page:
    """A browser at the API: cookies, origin and CSRF token; everything it gets is a canary."""

    def __init__(self, town):
        self.town, self.csrf = town, ""
        context = ssl.create_default_context(cafile=str(town.certificate))
        self.http = httpx.AsyncClient(verify=context, base_url=town.url, trust_env=False)
        town.pages.append(self)

    async def call(self, method, path, body=None):
        headers = {"Origin": self.town.url, "Content-Type": "application/json", "Sudare-CSRF": self.csrf}
        content = None if method == "GET" else json.dumps(body or {}).encode()
        answer = await self.http.request(method, f"/api/v1/{path}", content=content, headers=headers)
        told = answer.json() if answer.content else {}
        if isinstance(told, dict):
            self.csrf = told.get("csrf", self.csrf)
            self.town.note(csrf=told.get("csrf"), flow=told.get("flow"), ticket=told.get("ticket"))
        for name, value in self.http.cookies.items():
            self.town.note(**{f"cookie {name}": value})
        return answer.status_code, told


class Canaried:
    """The installation, its people and their secrets."""

    def __init__(self, folder, vnc, groupware, office):
        self.folder, self.vnc, self.groupware = folder, vnc, groupware
        port = free_port()
        self.url, self.certificate = f"https://localhost:{port}", folder / "gateway" / "tls.pem"
        self.canaries, self._count = Canaries(office), 0
        listen = ["--listen", f"127.0.0.1:{port}"]
        self.link = command("gateway", "init", "--dir", str(folder / "gateway"), "--name", self.url, *listen)
        self.note(welcome=self.link.partition("#")[2])
        self.gateway = Running(folder, "gateway", "gateway", "run", "--dir", str(folder / "gateway"), "--log", "debug")
        self.connector, self.opened, self.pages = None, [], []
        assert self.gateway.says(b"edge-listening")

    def note(self, **named):
        """One more canary each, unless it is known."""
        for name, value in named.items():
            if value and value not in self.canaries.values():
                self._count += 1
                self.canaries[f"{name} {self._count}"] = value

    def join(self, token):
        self.note(join=token)
        office = str(self.folder / "office")
        pin = spki_of_file(self.certificate).hex()
        command("connector", "join", self.url, token, "--dir", office, "--name", "本庁", "--accept-fingerprint", pin)
        with (self.folder / "office" / "connector.toml").open("a", encoding="utf-8") as file:
            file.write(
                f'[schedule]\nurl = "{self.groupware.url}"\n'
                f'[[target]]\nid = "pc"\nname = "企画"\nkind = "vnc"\nhost = "127.0.0.1"\nport = {self.vnc.port}\n'
            )
        self.connector = Running(self.folder, "connector", "connector", "run", "--dir", office, "--log", "debug")
        assert self.connector.says(b"control-up")

    async def line(self, data=b""):
        made = await connect(Gateway.of(self.url, spki_of_file(self.certificate).hex()))
        self.opened.append(made.writer)
        made.writer.write(data)
        return made

    async def stream(self, asked, account, password, ephemeral=None, **hello):
        """A stream the API gave a ticket for, up to the hello."""
        ephemeral, answer = ephemeral or Ephemeral(), asked
        line = await self.line()
        await handshake(line, answer["ticket"], self.url)
        ticket = json.loads(unb64(answer["ticket"].partition(".")[0]))
        self.note(signature=answer["ticket"].partition(".")[2])
        browser = Browser(
            line.reader, line.writer,
            seal_public=unb64(answer["seal_key"]), raw_ticket=answer["ticket"], ephemeral=ephemeral,
        )  # fmt: skip
        credential = sealed(unb64(answer["seal_key"]), Ticket(**ticket), account, password)
        self.note(sealed=credential["sealed"])
        browser.hello({"v": 1, "credential": credential} | hello)
        return browser

    def stop(self):
        for one in (self.connector, self.gateway):
            if one is not None:
                one.stop()

    def told(self):
        """Everything that was said."""
        return b"".join(one.path.read_bytes() for one in (self.gateway, self.connector))


async def set_up(town):
    """An administrator, a person with password and TOTP, a connector with a desk and a PC: (page, secret, target)."""
    admin = Page(town)
    assert (await admin.call("POST", "welcome", {"token": town.link.partition("#")[2]}))[0] == 200
    password = canary("administrator")
    town.note(password=password)
    assert (await admin.call("POST", "me/password", {"password": password}))[0] == 204
    assert (await admin.call("POST", "signin/password", {"login": "admin", "password": password}))[0] == 200
    _, made = await admin.call("POST", "admin/connectors", {"name": "本庁"})
    await asyncio.to_thread(town.join, made["join_token"])
    _, person = await admin.call("POST", "admin/people", {"login": "yamada", "name": "山田 花子"})
    town.note(welcome=person["welcome_url"].partition("#")[2])
    target = f"{made['id']}~pc"
    async with asyncio.timeout(30):  # the catalogue is on its way
        while (await admin.call("PUT", f"admin/targets/{target}/people", {"people": [person["id"]]}))[0] != 204:
            continue
    page = Page(town)
    assert (await page.call("POST", "welcome", {"token": person["welcome_url"].partition("#")[2]}))[0] == 200
    town.canaries["password"] = canary("password-of-yamada")
    assert (await page.call("POST", "me/password", {"password": town.canaries["password"]}))[0] == 204
    _, totp = await page.call("POST", "me/totp/options")
    town.note(totp=totp["secret"])
    code = pyotp.TOTP(totp["secret"]).now()
    assert (await page.call("POST", "me/totp", {"flow": totp["flow"], "code": code}))[0] == 201
    return page, totp["secret"], target


async def sign_in(town, page, secret):
    """Wrong first, then right; the code that set TOTP up is used, so the next one is taken."""
    town.note(wrong=(wrong := canary("wrong-password")))
    assert (await page.call("POST", "signin/password", {"login": "yamada", "password": wrong}))[0] == 401
    _, half = await page.call("POST", "signin/password", {"login": "yamada", "password": town.canaries["password"]})
    assert half["need"] == "totp"
    assert (await page.call("POST", "signin/totp", {"flow": half["flow"], "code": "000000"}))[0] == 401
    later = pyotp.TOTP(secret).at(int(clock.now()) + 30)
    assert (await page.call("POST", "signin/totp", {"flow": half["flow"], "code": later}))[0] == 200


async def ask(page, kind, target):
    ephemeral = Ephemeral()
    status, answer = await page.call("POST", "streams", {"kind": kind, "target": target, "cnf": ephemeral.cnf})
    assert status == 200, answer
    return answer, ephemeral


async def work(town, page, target):
    """The day's schedule and a desktop with something typed; each with a wrong password first."""
    site = target.partition("~")[0]
    window = {"id": 1, "op": "schedule.window", "args": {"start": "2026-12-01", "end": "2026-12-03"}}
    for account, password, expected in (
        ("yamada", town.canaries["wrong groupware"], "problem"),
        ("yamada", town.canaries["groupware"], "ok"),
        ("sato", town.canaries["groupware of sato"], "problem"),
    ):
        answer, ephemeral = await ask(page, "api", site)
        desk = await town.stream(answer, account, password, ephemeral, knd="api")
        desk.ask(window)
        (told,) = await desk.answers()
        assert expected in told
        if expected == "ok":
            assert TITLE in json.dumps(told, ensure_ascii=False)
            desk.ask({"id": 2, "op": town.canaries["operation"], "args": {"x": town.canaries["argument"]}})
            assert "problem" in (await desk.answers())[0]
    assert not await desktop(town, page, target, town.canaries["wrong vnc"])
    assert await desktop(town, page, target, town.vnc.password)
    return answer


async def desktop(town, page, target, password):
    """Whether it opened; then something was typed and something else broke the line."""
    answer, ephemeral = await ask(page, "screen", target)
    screen = await town.stream(answer, "", password, ephemeral, **screen_hello(640, 480))
    opened = await screen.until(lambda: any(state.state == "active" for state in screen.states))
    if opened and screen.closed is None:
        screen.send(i.Text(1, town.canaries["typed"]), i.Ping(1))
        await screen.until(lambda: len(screen.records) > 4)
        screen.send_raw(town.canaries["garbage"].encode())
    await screen.until(lambda: False)
    return opened and screen.closed[1] == "caller.malformed"


async def keep_a_secret(town, page, target):
    """A password the site is to remember: sealed, and its ciphertext is told nobody either."""
    sealed_text = base64.urlsafe_b64encode(town.canaries["ciphertext"].encode() * 4).decode().rstrip("=")
    assert (await page.call("PUT", f"secrets/{target}", {"account": "yamada", "sealed": sealed_text}))[0] == 204


async def what_strangers_try(town, page, used):
    """A used ticket, a changed one, nonsense in every place a stranger reaches."""
    for ticket in (used["ticket"], f"{used['ticket'][:-4]}AAAA", town.canaries["nonsense ticket"]):
        line = await town.line()
        await handshake(line, ticket, town.url)
        assert (await line.reader.read(100))[:1] == b"\x88"
    nonsense = town.canaries["nonsense"]
    upgrade = "HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade:"
    sign_in_head = f"POST /api/v1/signin/password HTTP/1.1\r\nHost: x\r\nOrigin: {town.url}\r\nConnection: close\r\n"
    sign_in_head += f"Content-Type: application/json\r\nContent-Length: {len(nonsense)}\r\n\r\n"
    for head in (
        f"GET /{nonsense} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        f"GET /api/v1/{nonsense}?{nonsense} HTTP/1.1\r\nHost: x\r\n{nonsense}: {nonsense}\r\nConnection: close\r\n\r\n",
        f"GET /api/v1/session HTTP/1.1\r\nCookie: __Host-sudare={nonsense}; {nonsense}\r\nConnection: close\r\n\r\n",
        f"{nonsense}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\n\r\n{nonsense}\r\n\r\n",
        f"GET /tunnel/v1/data {upgrade} sudare-1\r\nSudare-Stream: {nonsense}\r\n\r\n",
        f"GET /tunnel/v1/control {upgrade} sudare-control-1\r\n\r\n{nonsense}\n",
        sign_in_head + nonsense,
    ):
        line = await town.line(head.encode())
        with contextlib.suppress(OSError):
            async with asyncio.timeout(30):
                while await line.reader.read(65_536):
                    pass
    for path, body in (
        ("welcome", {"token": nonsense}),
        ("tunnel/join", {"token": nonsense, "name": nonsense, "csr": nonsense, "seal_key": nonsense, "proto": [1]}),
        ("signin/passkey", {"flow": nonsense, "credential": {"id": nonsense, "response": nonsense}}),
        ("streams", {"kind": "screen", "target": nonsense, "cnf": nonsense}),
    ):
        assert (await page.call("POST", path, body))[0] >= 400


async def a_day(town):
    try:
        await hours(town)
    finally:
        for writer in town.opened:
            writer.transport.abort()
        for page in town.pages:
            await page.http.aclose()


async def hours(town):
    page, secret, target = await set_up(town)
    await sign_in(town, page, secret)
    await keep_a_secret(town, page, target)
    used = await work(town, page, target)
    await what_strangers_try(town, page, used)
    town.vnc.kill()
    assert (await page.call("POST", "signout"))[0] == 204


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    """The installation after a day's work, stopped, with all it said."""
    folder = tmp_path_factory.mktemp("canaries")
    groupware = {"yamada": canary("groupware"), "sato": canary("groupware")}
    vnc_password = secrets.token_hex(4)
    planted = ["operation", "argument", "typed", "garbage", "nonsense", "nonsense-ticket", "ciphertext"]
    office = {name.replace("-", " "): canary(name) for name in planted} | {
        "groupware": groupware["yamada"],
        "groupware of sato": groupware["sato"],
        "wrong groupware": canary("groupware"),
        "vnc": vnc_password,
        "wrong vnc": secrets.token_hex(4),
        "title": TITLE,
        "place": PLACE,
        "notes": canary("notes"),
        "broken title": "カナリア壊れた予定",
    }
    with (
        xvnc(security="TLSVnc", password=vnc_password) as vnc,
        radicale(folder / "radicale", groupware) as server,
    ):
        lines = (f"SUMMARY:{TITLE}", f"LOCATION:{PLACE}", f"DESCRIPTION:{office['notes']}")
        server.fill("yamada", book("work", event("w1", *lines, "DTSTART:20261201T000000Z", "DURATION:PT1H")))
        server.fill("sato", book("work", event("s1", "SUMMARY:x", "DTSTART:20261201T000000Z")))
        (broken,) = (folder / "radicale" / "collections").rglob("sato/work/*.ics")
        broken.write_text(
            broken.read_text().replace("SUMMARY:x", f"SUMMARY:{office['broken title']}\r\nRRULE:FREQ=\u30ab")
        )
        town = Canaried(folder, vnc, server, office)
        try:
            # In a thread of its own: Playwright's loop runs in this one.
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                pool.submit(asyncio.run, a_day(town)).result(180)
        finally:
            town.stop()
        yield town


def test_the_logs_tell_what_happened(evening):
    told = evening.told()

    events = b"request stream-ended session-began session-ended stream-refused office-refused connector-connected"
    for expected in (*events.split(), b"edge-listening", b"gateway.stopped", b"debug"):
        assert expected in told, expected
    for line in told.splitlines():
        json.loads(line)


def test_no_canary_is_in_any_log(evening):
    assert len(evening.canaries) > 30
    assert evening.canaries.found(evening.told()) == set()


def test_no_canary_is_in_the_gateways_record_or_files(evening):
    """Passwords are hashed there, tokens too; only what was sealed in the browser lies there, as it was sealed."""
    files = [path for path in (evening.folder / "gateway").rglob("*") if path.is_file()]

    assert any(path.suffix == ".sqlite" for path in files)
    for path in files:
        assert evening.canaries.found(path.read_bytes(), without={"ciphertext"}) == set(), path.name


def test_no_canary_is_in_the_connectors_files(evening):
    for path in (evening.folder / "office").rglob("*"):
        if path.is_file():
            assert evening.canaries.found(path.read_bytes()) == set(), path.name


def test_the_search_finds_what_is_there():
    planted = Canaries(password="カナリア-password")
    for spelling in spellings(planted["password"]):
        assert planted.found(b"before " + spelling + b" after") == {"password"}
    assert planted.found(hashlib.sha256(planted["password"].encode()).hexdigest().encode()) == set()
