"""Every server of the demonstration really answers."""

import socket
import ssl
from datetime import date

import pytest
from demo.cityhall.city import CityHall, Passwords
from demo.cityhall.process import answers
from PIL import ImageGrab
from tests.support.desktops import wait_until

from sudare.base.secret import Secret
from sudare.domain.schedule import Window
from sudare.office.caldav.groupware import CalDAV
from sudare.office.schedule import Login

pytestmark = pytest.mark.servers
TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    passwords = Passwords({"yamada": "himitsu-no-kotoba", "sato": "betsu-no-kotoba"}, "rdpkana1", "vnckana2")
    running = CityHall(tmp_path_factory.mktemp("cityhall"), passwords, TODAY)
    yield running
    running.stop()
    assert not any(answers(port) for port in (running.groupware.port, running.rdp.port, running.vnc.port))


@pytest.mark.anyio
async def test_the_director_has_a_full_day(city):
    groupware = CalDAV(city.groupware.url)
    login = Login("yamada", Secret("himitsu-no-kotoba"))
    today = await groupware.window(login, Window(TODAY, date(2026, 11, 25)))
    month = await groupware.window(login, Window(date(2026, 11, 1), date(2026, 12, 31)))
    await groupware.close()
    titles = [o.title for o in today.occurrences]
    assert {"来年度予算 部長ヒアリング", "台風対策本部 準備会", "議会打合せ(答弁調整)"} <= set(titles)
    assert "中止になった会議" not in titles
    assert len(month.calendars) == 3
    meetings = [str(o.start)[:10] for o in month.occurrences if o.title == "幹部会議"]
    assert "2026-12-01" in meetings
    assert "2026-11-30" not in meetings
    assert any(o.all_day for o in month.occurrences)


def negotiate(port):
    """X.224 connection request for TLS (MS-RDPBCGR 2.2.1.1), then TLS; the certificate."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(bytes.fromhex("030000130ee000000000000100080001000000"))
        answer = line.recv(64)
        assert answer[11] == 2, "an RDP negotiation response"
        assert answer[15] == 1, "TLS was selected"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with context.wrap_socket(line) as tls:
            return tls.getpeercert(binary_form=True)


def test_the_rdp_pc_speaks_tls_with_the_pinned_certificate(city):
    import hashlib

    assert city.rdp.pin == "sha256:" + hashlib.sha256(negotiate(city.rdp.port)).hexdigest()


def test_the_vnc_pc_offers_only_a_password_inside_certified_tls(city):
    with socket.create_connection(("127.0.0.1", city.vnc.port), timeout=10) as line:
        assert line.recv(12) == b"RFB 003.008\n"
        line.sendall(b"RFB 003.008\n")
        assert line.recv(16) == bytes([1, 19])  # one type: VeNCrypt


@pytest.mark.parametrize("which", ["rdp", "vnc"])
def test_the_pcs_screens_show_an_editor_on_a_coloured_wall(city, which):
    wall, paper = (0x2F, 0x5D, 0x62) if which == "rdp" else (0x3D, 0x40, 0x5B), (255, 255, 255)

    def painted():  # the editor's window is there some time before what is in it
        picture = ImageGrab.grab(xdisplay=getattr(city, which).display)
        assert picture.size == (1280, 800)
        counts = {colour: count for count, colour in picture.convert("RGB").getcolors(1_000_000)}
        return counts.get(wall, 0) > 50_000 and counts.get(paper, 0) > 100_000

    assert wait_until(painted)
