"""A person signs in, sees today's plan, and works on two office PCs: real Chromium, real servers."""

import numpy as np
import pytest
from tests.support.screens import Screen, known_picture


def test_today_is_the_groupwares_own_day(person):
    person.begin("yamada")

    titles = person.by("entry").locator(".title").all_inner_texts()

    assert "台風対策本部 準備会" in " ".join(titles)
    assert "中止になった会議" not in " ".join(titles)
    assert "つながっています" in person.by("freshness").inner_text()


def test_an_entry_added_in_the_groupware_is_there_at_the_next_look(person, town):
    person.begin("yamada")
    day = person.page.evaluate("new Date().toLocaleDateString('sv-SE', {timeZone: 'Asia/Tokyo'}).replaceAll('-', '')")
    text = "\r\n".join([
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//", "BEGIN:VEVENT", "UID:added@test",
        f"DTSTAMP:{day}T000000Z", f"DTSTART;TZID=Asia/Tokyo:{day}T231500", f"DTEND;TZID=Asia/Tokyo:{day}T234500",
        "SUMMARY:急な打合せ 𠮷野さん", "END:VEVENT", "END:VCALENDAR", "",
    ])  # fmt: skip

    town.city.groupware.put("yamada", "gyomu", "added.ics", text)
    person.page.reload()

    person.page.get_by_text("急な打合せ 𠮷野さん").wait_for()


@pytest.mark.parametrize("kind", ["rdp", "vnc"])
def test_what_is_typed_stands_in_the_editor_and_the_canvas_is_the_pcs_own_picture(person, town, kind):
    pc = town.pc(kind)
    home = town.folder / "cityhall" / {"rdp": "kikaku-0123", "vnc": "fukushi-0456"}[kind] / "home"
    memo = next(home.glob("*メモ.txt"))
    person.begin("yamada")

    person.open_pc(kind)
    person.phase("active")
    screen = person.page.locator("#screen canvas")
    screen.click(position={"x": 400, "y": 400})
    person.page.keyboard.press("Control+End")
    person.page.keyboard.type(f"sudare {kind} 2026")
    person.page.keyboard.press("Control+s")

    assert person.until(lambda: f"sudare {kind} 2026" in memo.read_text())
    with Screen(pc.display) as x:
        x.window.unmap()  # only to read the framebuffer
        x.x.sync()
        assert person.shows(x)


@pytest.mark.parametrize("kind", ["rdp", "vnc"])
def test_a_picture_of_noise_gradients_and_text_arrives_bit_for_bit(person, town, kind):
    person.begin("yamada")
    person.open_pc(kind)
    person.phase("active")
    person.point(600, 500)

    with Screen(town.pc(kind).display) as x:
        assert person.shows(x)  # the desktop took this page's size
        x.cover()
        x.paint(known_picture(*x.size(), seed=11))
        assert person.shows(x)
        x.scroll(37)
        x.fill(0x00FF80, 10, 10, 700, 3)

        assert person.shows(x)
        assert len(np.unique(x.grab().reshape(-1, 3), axis=0)) > 10_000  # it was a picture


def test_the_desktop_takes_the_size_of_the_window(person, town):
    person.begin("yamada")
    person.open_pc("vnc")
    person.phase("active")

    person.page.set_viewport_size({"width": 1000, "height": 700})
    person.point(500, 400)

    with Screen(town.pc("vnc").display) as x:
        x.window.unmap()
        x.x.sync()
        assert person.until(lambda: x.size()[0] <= 1000)
        assert person.shows(x)


@pytest.mark.parametrize(("kind", "accounts"), [("rdp", 1), ("vnc", 0)])
def test_a_remembered_password_is_not_asked_again_and_can_be_forgotten(person, kind, accounts):
    connect = person.page.locator(f'[data-testid="pc-card"][data-kind="{kind}"] [data-testid="connect"]')
    forget = person.page.locator(f'[data-testid="pc-card"][data-kind="{kind}"] [data-testid="forget"]')
    person.begin("yamada")
    person.open_pc(kind, remember=True)
    person.phase("active")
    person.by("end").click()

    connect.click()
    person.phase("active")
    person.by("end").click()
    forget.click()
    forget.wait_for(state="detached")

    connect.click()
    person.by("pc-password").wait_for()
    assert person.by("pc-account").count() == accounts


def test_a_second_person_has_a_day_and_a_session_of_their_own(person, town, chromium):
    from tests.support.town import Person

    person.begin("yamada")
    person.open_pc("rdp")
    person.phase("active")
    other = Person(town, chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo"))

    other.begin("sato")
    other.by("schedule-account").fill("sato")
    other.by("schedule-password").fill(town.book.groupware["sato"])
    other.by("schedule-submit").click()
    other.by("day-list").wait_for()
    mine = other.by("entry").all_inner_texts()
    other.page.locator("nav a[href='/pcs']").click()
    other.by("pc-card").first.wait_for()

    assert not any("部長ヒアリング" in entry for entry in mine)
    assert other.by("pc-card").count() == 1  # only what was granted
    other.open_pc("vnc")
    other.phase("active")
    assert person.page.locator('[data-testid="session-phase"]').get_attribute("data-phase") == "active"
    other.context.close()
