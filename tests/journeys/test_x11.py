"""A display at the connector is opened like an office PC, without a password: Chromium, Xvfb, a real editor."""

import secrets

import pytest
from demo.cityhall.session import Session
from tests.support.displays import xvfb
from tests.support.screens import Screen, known_picture

TARGET = """
[[target]]
id = "gyomu-app"
name = "業務アプリ"
kind = "x11"
display = "{display}"
authority = "{authority}"
"""


@pytest.fixture
def application(town, monkeypatch):
    """A text editor on a display of its own, offered by the connector as long as the test runs."""
    with xvfb(size=(1920, 1200), cookie=secrets.token_bytes(16)) as display:
        monkeypatch.setenv("XAUTHORITY", str(display.authority))
        session = Session(town.folder / "gyomu", display.name, wallpaper="#4a4e69", memo="業務メモ\n")
        config = town.sudare.connector_folder / "connector.toml"
        before = config.read_text()
        try:
            config.write_text(before + TARGET.format(display=display.name, authority=display.authority))
            town.sudare.end("connector")
            town.sudare.run_connector()
            town.sudare._gateway_command("grant", "yamada", "gyomu-app")
            yield display
        finally:
            config.write_text(before)
            town.sudare.end("connector")
            town.sudare.run_connector()
            session.stop()


def test_an_application_is_opened_without_a_password_and_typed_in(person, town, application):
    (memo,) = (town.folder / "gyomu/home").glob("*メモ.txt")
    person.begin("yamada")
    person.page.locator("nav a[href='/pcs']").click()

    card = person.page.locator('[data-testid="pc-card"][data-kind="x11"]')
    card.locator('[data-testid="connect"]').click()
    person.phase("active")
    person.page.locator("#screen canvas").click(position={"x": 400, "y": 400})
    person.page.keyboard.press("Control+End")
    person.page.keyboard.type("sudare x11 2026")
    person.page.keyboard.press("Control+s")

    assert person.until(lambda: memo.read_text().strip() == "業務メモ\nsudare x11 2026")
    with Screen(application.name) as x:
        x.window.unmap()  # only to read the framebuffer
        x.x.sync()
        assert person.shows(x)  # at this page's size
        assert x.size() != (1920, 1200)
        x.window.map()
        x.cover()
        x.paint(known_picture(*x.size(), seed=11))
        assert person.shows(x)
