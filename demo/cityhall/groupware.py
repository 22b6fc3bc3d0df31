"""The city hall's groupware: Radicale, a separate process with its own folder, user list and port."""

import base64
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from demo.cityhall.process import Process, answers, free_port

_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
max_connections = 64
timeout = 60
[auth]
type = htpasswd
htpasswd_filename = {users}
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}
[rights]
type = owner_only
[web]
type = none
[logging]
level = warning
"""
_MKCALENDAR = """<?xml version="1.0" encoding="utf-8"?>
<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:a="http://apple.com/ns/ical/"><d:set><d:prop>
<d:displayname>{name}</d:displayname><a:calendar-color>{colour}</a:calendar-color>
</d:prop></d:set></c:mkcalendar>"""


@dataclass(frozen=True)
class Book:
    """One calendar to fill: resources are iCalendar texts by file name."""

    slug: str
    name: str
    colour: str
    resources: Mapping[str, str]


class Radicale:
    """A running Radicale with these people (account to password)."""

    def __init__(self, folder: Path, people: Mapping[str, str], port: int = 0) -> None:
        self.folder = folder
        self.people = dict(people)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        folder.mkdir(parents=True, exist_ok=True)
        users = folder / "users"
        users.touch(0o600)
        users.write_text("".join(f"{account}:{password}\n" for account, password in people.items()))
        config = folder / "radicale.conf"
        config.write_text(_CONFIG.format(port=self.port, users=users, folder=folder / "collections"))
        self.start()

    def start(self) -> None:
        """Start (again)."""
        command = ["/usr/bin/python3", "-m", "radicale", "--config", str(self.folder / "radicale.conf")]
        self.process = Process("Radicale", command, self.folder / "radicale.log")
        try:
            self.process.wait_until(lambda: answers(self.port))
        except BaseException:
            self.process.stop()
            raise

    def stop(self) -> None:
        """Stop; idempotent."""
        self.process.stop()

    def fill(self, account: str, book: Book) -> None:
        """Make the calendar anew and put these resources into it."""
        path = f"/{quote(account)}/{quote(book.slug)}/"
        self.request(account, "DELETE", path, okay={200, 204, 404})
        body = _MKCALENDAR.format(name=escape(book.name), colour=book.colour)
        self.request(account, "MKCALENDAR", path, body, okay={201})
        for name, text in book.resources.items():
            self.put(account, book.slug, name, text)

    def put(self, account: str, slug: str, name: str, text: str) -> None:
        """Create or replace one resource."""
        path = f"/{quote(account)}/{quote(slug)}/{quote(name)}"
        self.request(account, "PUT", path, text, kind="text/calendar; charset=utf-8", okay={200, 201, 204})

    def request(
        self, account: str, method: str, path: str, body: str = "", *, kind: str = "application/xml", okay: set[int]
    ) -> None:
        """One request as this person; raises `RuntimeError` for another status."""
        token = base64.b64encode(f"{account}:{self.people[account]}".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            headers = {"Authorization": f"Basic {token}", "Content-Type": kind}
            connection.request(method, path, body.encode(), headers)
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status not in okay:
            raise RuntimeError(f"Radicale answered {method} {path} with {answer.status}")
