"""What a person's browser does, without the browser: sign in, call the API, seal a password. Trusts one gateway."""

import base64
import hashlib
import http.client
import json
import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from demo.seal import seal

_SECRET = b"sudare-secret-1\0"


class RefusedError(RuntimeError):
    """The gateway answered with a problem."""

    def __init__(self, status: int, told: object) -> None:
        super().__init__(f"{status} {told}")
        self.status = status
        self.code = told.get("code", "") if isinstance(told, dict) else ""


class Browser:
    """One signed-in (or not) browser."""

    def __init__(self, url: str, certificate: Path) -> None:
        self._url = url
        self._tls = ssl.create_default_context(cafile=str(certificate))
        self._cookies: dict[str, str] = {}
        self._csrf = ""

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """One request under /api/v1; raises `RefusedError`."""
        parts = urlsplit(self._url)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port or 443, timeout=20, context=self._tls)
        headers = {"Origin": self._url, "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        headers |= {"Sudare-CSRF": self._csrf} if self._csrf else {}
        try:
            connection.request(method, f"/api/v1/{path}", None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self._keep(value)
        told = json.loads(raw) if raw.strip() else None
        if answer.status >= 400:
            raise RefusedError(answer.status, told)
        if isinstance(told, dict) and told.get("csrf"):
            self._csrf = told["csrf"]
        return told

    def _keep(self, cookie: str) -> None:
        pair, _, attributes = cookie.partition(";")
        name, _, value = pair.partition("=")
        if value.strip('"') and "max-age=0" not in attributes.lower():
            self._cookies[name] = value
        else:
            self._cookies.pop(name, None)

    def welcome(self, link: str, password: str) -> None:
        """Open the one-use link and set a password."""
        self.call("POST", "welcome", {"token": link.partition("#")[2]})
        self.call("GET", "session")
        self.call("POST", "me/password", {"password": password})

    def sign_in(self, login: str, password: str) -> None:
        """With a password."""
        self.call("POST", "signin/password", {"login": login, "password": password})
        self.call("GET", "session")

    def keep_secret(self, kind: str, target: str, account: str, password: str) -> None:
        """Seal a password to the connector and let the gateway keep the ciphertext, as the portal does."""
        cnf = _text(hashlib.sha256(os.urandom(65)).digest())
        stream = self.call("POST", "streams", {"kind": kind, "target": target, "cnf": cnf})
        bind = stream["bind"]
        aad = "\0".join((bind["tenant"], bind["person"], bind["target"])).encode()
        sealed = seal(_bytes(stream["seal_key"]), _SECRET, aad, password.encode())
        self.call("PUT", f"secrets/{target}", {"account": account, "sealed": _text(sealed)})


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
