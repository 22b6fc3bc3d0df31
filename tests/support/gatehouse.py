"""A gateway's API over a real database, with a clock that is moved and tunnels that remember what was cut."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyotp
from tests.support.authenticator import Authenticator

from sudare.base.secret import Secret
from sudare.domain.websession import Limits
from sudare.entry.gateway import common_passwords
from sudare.entry.gateway_keys import make, read
from sudare.entry.gateway_signers import TicketSigner
from sudare.entry.gateway_store import TENANT, Directory, repositories
from sudare.gateway.api.context import Context, Installation, Keys
from sudare.gateway.api.desk import Desk
from sudare.gateway.asgi import application
from sudare.gateway.authority import ConnectorAuthority
from sudare.gateway.cuts import Cuts
from sudare.gateway.problems import Sentences
from sudare.gateway.static import FrontEnd
from sudare.store.database import Database

ORIGIN = "https://telework.example.lg.jp"
PASSWORD = "縁側で猫が三匹ねむっている朝のこと"


@dataclass
class Tunnels:
    """`gateway.ports.Tunnels` in memory."""

    up: set[str] = field(default_factory=set)
    cuts: list[tuple[str, str]] = field(default_factory=list)

    def connected(self, connector: str) -> bool:
        return connector in self.up

    def cut(self, *, session: str = "", person: str = "", device: str = "") -> int:
        self.cuts.append(next((n, v) for n, v in (("session", session), ("person", person), ("device", device)) if v))
        return 1

    def drop(self, connector: str) -> None:
        self.up.discard(connector)
        self.cuts.append(("connector", connector))


class Browser:
    """One browser: cookies, origin and CSRF token, as a page sends them."""

    def __init__(self, house: "House", network: str = "203.0.113.7") -> None:
        self.house = house
        self.csrf = ""
        transport = httpx.ASGITransport(house.app, client=(network, 40_000), raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent = {"Origin": ORIGIN, "Content-Type": "application/json", "Sudare-CSRF": self.csrf} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        content = None if method == "GET" else json.dumps(body if body is not None else {}).encode()
        answer = await self.http.request(method, f"/api/v1/{path}", content=content, headers=sent)
        if answer.headers.get("content-type") == "application/json" and isinstance(answer.json(), dict):
            self.csrf = answer.json().get("csrf", self.csrf)
        return answer

    async def get(self, path: str) -> httpx.Response:
        return await self.call("GET", path)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.call("POST", path, body)

    async def welcome(self, link: str) -> httpx.Response:
        return await self.post("welcome", {"token": link.partition("#")[2]})

    async def set_password(self, password: str = PASSWORD) -> httpx.Response:
        return await self.post("me/password", {"password": password})

    async def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        return await self.post("signin/password", {"login": login, "password": password})

    async def add_totp(self) -> str:
        begun = (await self.post("me/totp/options")).json()
        code = pyotp.TOTP(begun["secret"]).at(int(self.house.now))
        assert (await self.post("me/totp", {"flow": begun["flow"], "code": code})).status_code == 201
        return begun["secret"]

    async def add_passkey(self, authenticator: Authenticator) -> httpx.Response:
        begun = (await self.post("me/passkey/options")).json()
        credential = authenticator.create(begun["options"])
        return await self.post("me/passkey", {"flow": begun["flow"], "credential": credential, "name": "電話"})

    async def passkey(self, authenticator: Authenticator) -> httpx.Response:
        begun = (await self.post("signin/passkey/options")).json()
        return await self.post(
            "signin/passkey", {"flow": begun["flow"], "credential": authenticator.get(begun["options"])}
        )


class House:
    """The gateway, without its edge."""

    def __init__(self, directory: Path) -> None:
        self.now = 1_795_000_000.0
        self.database = Database(f"sqlite+aiosqlite:///{directory}/sudare.sqlite")
        self.stores = repositories(self.database)
        self.directory = Directory(self.stores.connectors, self.stores.lags)
        self.tunnels = Tunnels()
        make(directory / "keys", "telework.example.lg.jp", self.now)
        self.keys = read(directory / "keys")
        self.tickets = TicketSigner(self.keys.ticket)
        self.here = Installation(TENANT, "すだれ市", ORIGIN, "telework.example.lg.jp", Limits(1800, 43_200))
        self.cuts = Cuts(self.stores.revocations, self.tunnels)
        self.context = Context(
            self.here,
            self.stores.for_api(),
            Keys(
                Secret(self.keys.master.reveal()),
                self.tickets,
                ConnectorAuthority(self.keys.authority_key, self.keys.authority),
            ),
            tunnels=self.tunnels,
            cuts=self.cuts,
            sentences=Sentences({"problem.denied.sign-in": "サインインしてください"}, {}),
            clock=lambda: self.now,
            common_passwords=common_passwords(),
        )
        static = directory / "static"
        static.mkdir()
        (static / "index.html").write_text("<!doctype html><title>Sudare</title>")
        self.app = application(self.context, FrontEnd(static))
        self.desk = Desk(self.stores, self.here, actor="operator")

    async def open(self) -> None:
        await self.database.migrate()
        await self.stores.people.add_tenant(TENANT, "すだれ市")
        await self.cuts.start()

    async def close(self) -> None:
        await self.database.close()

    async def person(self, login: str, *, admin: bool = False, password: bool = True) -> Browser:
        """A new person's browser, signed in."""
        _, link = await self.desk.add_person(login, f"{login} 太郎", "たろう", self.now, admin=admin)
        browser = Browser(self)
        await browser.welcome(link)
        if password:
            assert (await browser.set_password()).status_code == 204
        return browser
