"""
Why an RDP session ended, in our own codes.

libfreerdp's own error is not enough: a bad password is "closed, error 0" at one server, a broken transport at
another. So the moment counts as well: how far the session had come.
"""

from dataclasses import dataclass

_CREDENTIALS = frozenset(
    {
        "ERRCONNECT_ACCESS_DENIED",
        "ERRCONNECT_ACCOUNT_DISABLED",
        "ERRCONNECT_ACCOUNT_EXPIRED",
        "ERRCONNECT_ACCOUNT_LOCKED_OUT",
        "ERRCONNECT_ACCOUNT_RESTRICTION",
        "ERRCONNECT_AUTHENTICATION_FAILED",
        "ERRCONNECT_CLIENT_REVOKED",
        "ERRCONNECT_INSUFFICIENT_PRIVILEGES",
        "ERRCONNECT_LOGON_FAILURE",
        "ERRCONNECT_LOGON_TYPE_NOT_GRANTED",
        "ERRCONNECT_NO_OR_MISSING_CREDENTIALS",
        "ERRCONNECT_PASSWORD_CERTAINLY_EXPIRED",
        "ERRCONNECT_PASSWORD_EXPIRED",
        "ERRCONNECT_PASSWORD_MUST_CHANGE",
        "ERRCONNECT_WRONG_PASSWORD",
        "ERRINFO_SERVER_DENIED_CONNECTION",
        "ERRINFO_SERVER_FRESH_CREDENTIALS_REQUIRED",
        "ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES",
    }
)
# The last three: FreeRDP 2 dials again after a refusal, and there is nothing to dial with (see _native/trust.c).
_BROKEN = frozenset(
    {
        "ERRCONNECT_CONNECT_TRANSPORT_FAILED",
        "ERRCONNECT_CONNECT_CANCELLED",
        "ERRCONNECT_CONNECT_FAILED",
        "ERRCONNECT_DNS_ERROR",
        "ERRCONNECT_DNS_NAME_NOT_FOUND",
    }
)


@dataclass(frozen=True, slots=True)
class Ending:
    """How far it came, and the library's last word."""

    error_name: str
    was_active: bool
    certificate_seen: bool
    certificate_refused: bool
    network_level: bool  # the server asked for the password before the session (NLA)


def code_of(ending: Ending) -> str:
    """The `office.pc-*` code of this ending."""
    if ending.certificate_refused:
        return "office.pc-certificate"
    if ending.error_name in _CREDENTIALS:
        return "office.pc-credentials"
    if ending.was_active:
        return "office.pc-closed"
    if not ending.certificate_seen:
        negotiation = ending.error_name in {"ERRCONNECT_SECURITY_NEGO_CONNECT_FAILED", "ERRCONNECT_TLS_CONNECT_FAILED"}
        return "office.pc-protocol" if negotiation else "office.pc-unreachable"
    if ending.network_level and ending.error_name in _BROKEN:
        return "office.pc-credentials"  # FreeRDP's shadow server just hangs up on a bad password
    return "office.pc-protocol"
