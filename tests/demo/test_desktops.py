"""The RDP PC lets nobody in with a wrong password; seen with Sudare's own RDP client."""

import select
import socket
import time

import numpy as np
import pytest
from demo.cityhall.desktops import RDPPC, Look

from sudare.base.secret import Secret
from sudare.desktop.rdp.client import RDPDesktop, Settings

pytestmark = pytest.mark.servers
WALL = (0x62, 0x5D, 0x2F)  # BGR of the wallpaper below


@pytest.fixture(scope="module")
def pc(tmp_path_factory):
    running = RDPPC(tmp_path_factory.mktemp("pc"), "企画-0123", ("yamada", "rdpkana1"), Look("#2f5d62", "メモ\n"))
    yield running
    running.stop()


def shows(pc, password, wanted, seconds, folder):
    """Whether the session's picture comes to satisfy `wanted`."""
    settings = Settings(
        "pc", "yamada", "", Secret(password), 1280, 800, 100, 0x411, pc.pin.removeprefix("sha256:"), str(folder)
    )
    with socket.create_connection(("127.0.0.1", pc.port)) as line:
        desktop = RDPDesktop(line.fileno(), settings)
    try:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if desktop.fd < 0:
                return False
            select.select([desktop.fd], [], [], left)
            desktop.wake()
            desktop.take_damage()
            if desktop.frame.size and wanted(desktop.frame[:, :, :3]):
                return True
        return False
    finally:
        desktop.close()


def office(frame):
    return int(np.all(frame == WALL, axis=2).sum()) > 50_000


def xrdps_own_dialog(frame):
    return int(np.all(frame == (0xB5, 0x9C, 0x00), axis=2).sum()) > 500_000


def test_the_right_password_shows_the_office_desktop(pc, tmp_path):
    assert shows(pc, "rdpkana1", office, 20, tmp_path)


def test_a_wrong_password_ends_at_the_pcs_own_dialog(pc, tmp_path):
    assert shows(pc, "wrongone", xrdps_own_dialog, 20, tmp_path)
    assert not shows(pc, "wrongone", office, 2, tmp_path)
