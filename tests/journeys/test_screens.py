"""Every screen at every width: nothing is cut off, no accessibility fault, the keyboard reaches everything."""

from pathlib import Path

import pytest
from tests.support.town import Person

AXE = (Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js").read_text()
WIDTHS = {"320": (320, 640), "390": (390, 844), "1280": (1280, 800)}
_CLIPPED = """() => {
  const wide = document.documentElement.scrollWidth > innerWidth + 1 ? ["page wider than the window"] : [];
  for (const one of document.querySelectorAll("button, a, input, select, h1, h2, p, label, .chip, li")) {
    const style = getComputedStyle(one), box = one.getBoundingClientRect();
    if (!box.width || style.visibility === "hidden" || one.closest(".skip")) continue;
    if (one.scrollWidth > one.clientWidth + 1 && style.overflowX !== "visible" && style.display !== "inline")
      wide.push("cut: " + one.textContent.trim().slice(0, 40));
    if (box.right > innerWidth + 1 || box.left < -1) wide.push("outside: " + one.textContent.trim().slice(0, 40));
  }
  return wide;
}"""
_SMALL = """() => [...document.querySelectorAll("button, nav a, input:not([type=checkbox]), select")]
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([one, box]) => box.width && !one.closest(".skip") && (box.height < 43.5 || box.width < 43.5))
  .map(([one]) => one.outerHTML.slice(0, 80))"""


@pytest.fixture(params=WIDTHS.values(), ids=WIDTHS.keys())
def visitor(request, town, chromium):
    w, h = request.param
    context = chromium.new_context(viewport={"width": w, "height": h}, locale="ja-JP", timezone_id="Asia/Tokyo")
    somebody = Person(town, context)
    yield somebody
    context.close()
    assert somebody.errors == []


def assert_sound(person):
    assert person.page.evaluate(_CLIPPED) == []
    assert person.page.evaluate(_SMALL) == []
    person.page.evaluate(AXE)
    found = person.page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
    assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found["violations"]] == []


def test_signing_in(visitor, town):
    visitor.page.goto(town.url)
    visitor.by("signin-login").wait_for()
    assert_sound(visitor)

    visitor.sign_in("yamada", "chigau-kotoba-desu")
    visitor.by("problem").wait_for()

    assert_sound(visitor)


def test_today(visitor):
    visitor.begin("yamada")

    assert_sound(visitor)


def test_the_question_for_the_groupwares_password(visitor):
    visitor.begin("sato")
    visitor.by("schedule-password").wait_for()

    assert_sound(visitor)


def test_office_pcs_and_settings(visitor):
    visitor.begin("yamada")
    visitor.page.locator("nav a[href='/pcs']").click()
    visitor.by("pc-card").first.wait_for()
    assert_sound(visitor)

    visitor.page.locator("nav a[href='/me']").click()
    visitor.page.get_by_role("button", name="パスワードを変える").click()
    visitor.page.locator("#new-password").wait_for()

    assert_sound(visitor)


def test_the_desktop_its_question_and_its_end(visitor, town):
    visitor.begin("yamada")
    visitor.open_pc("vnc", "chigau12")
    visitor.by("problem").wait_for()
    assert_sound(visitor)

    visitor.answer("vnc", town.city.vnc.password)
    visitor.phase("active")
    assert_sound(visitor)
    visitor.page.get_by_role("button", name="キーを送る").click()
    visitor.page.get_by_role("button", name="Alt + Tab").wait_for()

    assert_sound(visitor)


def test_english_is_complete_on_every_screen(town, chromium):
    context = chromium.new_context(locale="en-US", timezone_id="Asia/Tokyo")
    person = Person(town, context)

    person.begin("yamada")
    seen = [person.page.locator("nav").last.inner_text()]
    for path in ("/pcs", "/me"):
        person.page.locator(f"nav a[href='{path}']").click()
        person.page.locator("h1").wait_for()
        seen.append(person.page.locator("h1").inner_text())

    assert not [text for text in seen if any("\u3040" <= letter <= "\u9fff" for letter in text)]
    context.close()


def test_the_keyboard_alone_signs_in_and_opens_a_pc_and_long_escape_gives_it_back(person, town):
    keys = person.page.keyboard
    person.page.goto(town.url)
    person.by("signin-login").focus()
    keys.type("yamada")
    keys.press("Tab")
    keys.type(town.password("yamada"))
    keys.press("Enter")
    person.by("day-list").wait_for()

    person.page.locator("nav a[href='/pcs']").focus()
    keys.press("Enter")
    person.page.locator('[data-testid="pc-card"][data-kind="vnc"] [data-testid="connect"]').focus()
    keys.press("Enter")
    person.by("pc-password").focus()
    keys.type(town.city.vnc.password)
    keys.press("Enter")
    person.phase("active")
    assert person.until(lambda: person.page.evaluate("document.activeElement.tagName") == "CANVAS")
    keys.down("Escape")

    assert person.until(lambda: person.page.evaluate("document.activeElement.id") == "pc-end")
    keys.up("Escape")


def test_the_hint_goes_although_the_line_is_measured_all_the_time(person):
    person.begin("yamada")
    person.open_pc("vnc")
    person.phase("active")
    person.page.locator("#screen canvas").click(position={"x": 400, "y": 400})
    person.page.locator(".tip").wait_for()

    def typed():
        person.page.keyboard.press("a")
        return person.page.locator(".tip").count() == 0

    assert person.until(typed)


def test_a_device_with_fingers_only_is_told_of_fingers_not_of_keys(town, chromium):
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="ja-JP", timezone_id="Asia/Tokyo"
    )
    person = Person(town, context)
    person.begin("yamada")

    person.open_pc("vnc")
    person.phase("active")

    assert "2本の指" in person.page.locator(".tip").inner_text()
    context.close()


def test_while_the_person_is_asked_nothing_claims_to_be_connecting(town, chromium):
    context = chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo")
    person = Person(town, context)
    person.begin("yamada")

    person.open_pc("vnc", "chigau12")
    person.by("problem").wait_for()

    assert person.by("session-phase").inner_text() == ""
    context.close()
