"""
How the session is secured before anything is shown: RFC 6143 7.1 and 7.2, and VeNCrypt 0.2 (type 19).

VeNCrypt: version `u8 u8` both ways, `u8 0`, `u8 count`, `u32 subtypes`; we answer one, `u8 1` comes back, TLS starts.

| subtype | 256 | 257 | 258 | 259 | 260 | 261 | 262 |
|---|---|---|---|---|---|---|---|
| | Plain | TLSNone | TLSVnc | TLSPlain | X509None | X509Vnc | X509Plain |

INVARIANT: a password is never sent in the clear; type Plain (256) is never chosen.
INVARIANT: without `allow_none` a server that wants no authentication is refused: it is not the PC that was meant.
"""

import struct
from dataclasses import dataclass
from enum import Enum
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.desktop.rfb.stream import PAUSE, Parser, malformed

NONE, VNC, VENCRYPT = 1, 2, 19
_ANONYMOUS: Final = {257: "none", 258: "vnc", 259: "plain"}
_X509: Final = {260: "none", 261: "vnc", 262: "plain"}
_SUBTYPES: Final = _ANONYMOUS | _X509
_BEST_FIRST: Final = (262, 261, 260, 259, 258, 257)
_MAX_REASON = 4096


class TLS(Enum):
    """Whether the line to the PC must be encrypted."""

    REQUIRE = "require"
    ALLOW = "allow"  # encrypted when the server can
    NONE = "none"  # for a PC on the connector's own host


@dataclass(frozen=True, slots=True)
class Credentials:
    """What we may prove ourselves with."""

    user: str = ""
    password: Secret[str] | None = None
    allow_none: bool = False

    def can(self, method: str) -> bool:
        """Whether we have what `method` asks for."""
        if method == "none":
            return self.allow_none
        return self.password is not None and (method == "vnc" or bool(self.user))


@dataclass(frozen=True, slots=True)
class StartTLS:
    """The driver must put TLS on the line before sending or receiving anything more."""

    x509: bool  # False: anonymous key exchange, no certificate


class Handshake:
    """The part of the protocol before the desktop; `out` is what to send, `events` what the driver must do."""

    def __init__(self, credentials: Credentials, tls: TLS, *, certificate_needed: bool) -> None:
        self._credentials = credentials
        self._tls = tls
        self._certificate_needed = certificate_needed
        self.out = bytearray()
        self.events: list[StartTLS] = []

    def run(self) -> Parser[None]:
        """From the version to the security result. Raises `office.pc-protocol` or `office.pc-credentials`."""
        version = yield 12
        if not (version.startswith(b"RFB ") and version[7:8] == b"." and version.endswith(b"\n")):
            raise malformed("no RFB greeting")
        if version[4:11] < b"003.008":
            raise malformed("server older than RFB 3.8")
        self.out += b"RFB 003.008\n"
        count = (yield 1)[0]
        if count == 0:
            raise _refused((yield from _reason()), "refused before security")
        method = yield from self._choose((yield count))
        if method == "vnc":
            yield from self._vnc()
        elif method == "plain":
            self._plain()
        (result,) = struct.unpack(">I", (yield 4))
        if result:
            raise _refused((yield from _reason()), f"security result {result}", asked=method != "none")

    def _choose(self, offered: bytes) -> Parser[str]:
        if VENCRYPT in offered and self._tls is not TLS.NONE:
            self.out.append(VENCRYPT)
            return (yield from self._vencrypt())
        if self._tls is TLS.REQUIRE or self._certificate_needed:
            raise SudareError("office.pc-certificate", "rfb: server offers no encryption")
        for kind, method in ((VNC, "vnc"), (NONE, "none")):
            if kind in offered and self._credentials.can(method):
                self.out.append(kind)
                return method
        raise self._nothing_fits(any(k in offered for k in (VNC, NONE)), list(offered))

    def _vencrypt(self) -> Parser[str]:
        if (yield 2) < b"\x00\x02":
            raise malformed("VeNCrypt older than 0.2")
        self.out += b"\x00\x02"
        if (yield 1) != b"\x00":
            raise malformed("VeNCrypt version refused")
        count = (yield 1)[0]
        offered = struct.unpack(f">{count}I", (yield count * 4)) if count else ()
        for kind in _BEST_FIRST:
            x509 = kind in _X509
            if kind in offered and self._credentials.can(_SUBTYPES[kind]) and (x509 or not self._certificate_needed):
                break
        else:
            if self._certificate_needed and not any(k in _X509 for k in offered):
                raise SudareError("office.pc-certificate", "rfb: a certificate is pinned, the server has none")
            raise self._nothing_fits(any(k in _SUBTYPES for k in offered), list(offered))
        self.out += struct.pack(">I", kind)
        if (yield 1) != b"\x01":
            raise malformed("VeNCrypt type refused")
        self.events.append(StartTLS(x509))
        yield PAUSE  # nothing, above all no password, is put out before the line is sealed
        return _SUBTYPES[kind]

    def _nothing_fits(self, known: bool, offered: list[int]) -> SudareError:  # noqa: FBT001
        if known and self._credentials.password is None:
            return SudareError("office.pc-credentials-missing", f"rfb: security types {offered}")
        return malformed(f"no security type of {offered} fits")

    def _vnc(self) -> Parser[None]:
        challenge = yield 16
        if self._credentials.password is None:  # `can` keeps us from here
            raise malformed("password wanted")
        self.out += answer(self._credentials.password, challenge)

    def _plain(self) -> None:
        password = self._credentials.password
        if password is None:
            raise malformed("password wanted")
        user, secret = self._credentials.user.encode(), password.reveal().encode()
        self.out += struct.pack(">II", len(user), len(secret)) + user + secret


def answer(password: Secret[str], challenge: bytes) -> bytes:
    """VNC authentication, RFC 6143 7.2.2: the challenge under DES, the password's eight bytes each bit-reversed."""
    key = password.reveal().encode("utf-8", "replace")[:8].ljust(8, b"\0")
    mirrored = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key)
    # Triple DES with one key thrice is DES; the library offers nothing shorter.
    # RFC 6143 leaves no choice of cipher or mode; two blocks of a random challenge.
    cipher = Cipher(TripleDES(mirrored * 3), modes.ECB())  # noqa: S305
    encryptor = cipher.encryptor()
    return encryptor.update(challenge) + encryptor.finalize()


def _reason() -> Parser[str]:
    (size,) = struct.unpack(">I", (yield 4))
    if size > _MAX_REASON:
        raise malformed("reason too long")
    return (yield size).decode("utf-8", "replace") if size else ""


def _refused(reason: str, what: str, *, asked: bool = False) -> SudareError:
    # TigerVNC answers "Too many security failures" before any security type once a password was wrong too often.
    if asked or "security failure" in reason or "authentication failure" in reason.lower():
        return SudareError("office.pc-credentials", f"rfb: {what}: {reason!r}")
    return malformed(f"{what}: {reason!r}")
