import pytest

from sudare.desktop.rdp.failure import Ending, code_of


def ending(name="ERRBASE_SUCCESS", *, active=False, seen=True, refused=False, nla=False):
    return Ending(name, active, seen, refused, nla)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (ending("ERRCONNECT_CONNECT_CANCELLED", refused=True), "office.pc-certificate"),
        (ending("ERRCONNECT_LOGON_FAILURE", nla=True), "office.pc-credentials"),
        (ending("ERRINFO_SERVER_INSUFFICIENT_PRIVILEGES", active=True), "office.pc-credentials"),
        (ending("ERRCONNECT_CONNECT_TRANSPORT_FAILED", nla=True), "office.pc-credentials"),
        (ending("ERRCONNECT_DNS_NAME_NOT_FOUND", nla=True), "office.pc-credentials"),
        (ending("ERRCONNECT_CONNECT_TRANSPORT_FAILED"), "office.pc-protocol"),
        (ending("ERRCONNECT_CONNECT_TRANSPORT_FAILED", seen=False), "office.pc-unreachable"),
        (ending("ERRCONNECT_SECURITY_NEGO_CONNECT_FAILED", seen=False), "office.pc-protocol"),
        (ending(active=True), "office.pc-closed"),
        (ending("ERRINFO_LOGOFF_BY_USER", active=True), "office.pc-closed"),
    ],
)
def test_an_ending_is_told_by_how_far_the_session_had_come(end, code):
    assert code_of(end) == code
