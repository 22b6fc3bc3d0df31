"""When keys are slow the screen says which part is the cause, and the administrator finds it in the figures."""

import contextlib
import json
import re
import time

import pytest
from tests.journeys.test_screens import WIDTHS, assert_sound
from tests.support.town import Person, Wire, launch

from demo import people

DELAY_S = 0.2  # one way: 400 ms on top of whatever this machine takes
_DIGEST = """() => {
  const shown = document.querySelector("#screen canvas");
  const copy = new OffscreenCanvas(shown.width, shown.height).getContext("2d", { willReadFrequently: true });
  copy.drawImage(shown, 0, 0);
  const pixels = new Uint32Array(copy.getImageData(0, 0, shown.width, shown.height).data.buffer);
  return pixels.reduce((sum, pixel) => (sum * 31 + pixel) | 0, 0);
}"""
SHARES = ("device", "line", "gateway", "connector", "office")


@pytest.fixture(scope="module", autouse=True)
def sentences(town):
    yield
    assert b"bug.unexpected" not in town.logs()
    assert b"Traceback" not in town.logs()


@contextlib.contextmanager
def rewired(town, file, old, new):
    """The connector with one word of a file of its own changed."""
    text = file.read_text()
    assert old in text
    admin = town.sudare.browser(people.ADMIN.login)
    try:
        for content in (text.replace(old, new), text):
            town.sudare.end("connector")
            deadline = time.monotonic() + 30
            while town.sudare._offered(admin):  # at the end of a long line it is heard of late
                assert time.monotonic() < deadline
            file.write_text(content)
            town.sudare.run_connector()
            if content != text:
                yield
    finally:
        file.write_text(text)


@pytest.fixture
def far_pc(town):
    """An office PC at the end of a long line."""
    port = town.pc("vnc").port
    line = Wire(port, DELAY_S)
    with rewired(town, town.sudare.connector_folder / "connector.toml", f"port = {port}", f"port = {line.port}"):
        yield
    line.close()


@pytest.fixture
def far_office(town):
    """A connector at the end of a long line."""
    line = Wire(town.book.port, DELAY_S)
    facts = town.sudare.connector_folder / "state" / "connector.json"
    with rewired(town, facts, f"localhost:{town.book.port}", f"localhost:{line.port}"):
        yield
    line.close()


def works(person):
    """At a text on the office PC, which shows what is typed."""
    person.begin("yamada")
    person.open_pc("vnc")
    person.phase("active", within_s=60)
    person.page.locator("#screen canvas").click(position={"x": 400, "y": 400})
    return person


def cause(person):
    """What is named after typing for a while, letter by letter: each is seen before the next."""

    def typed():
        before = person.page.evaluate(_DIGEST)
        person.page.keyboard.press("a")
        person.until(lambda: person.page.evaluate(_DIGEST) != before, within_s=5)
        return person.by("lag").get_attribute("data-cause") != "0"

    assert person.until(typed, within_s=60)
    return SHARES[int(person.by("lag").get_attribute("data-cause")) - 1]


def split(person):
    """The figures behind it, by share."""
    if not person.by("lag-shares").count():
        person.page.get_by_role("button", name="内訳").click()
    numbers = [int(number) for number in re.findall(r"\d+", person.by("lag-shares").inner_text())]
    return dict(zip(("total", *SHARES), numbers, strict=True))


def test_a_slow_office_pc_is_named_to_its_person_and_to_the_administrator(far_pc, person, town):
    assert cause(works(person)) == "office"

    assert "庁内PC" in person.by("lag").inner_text()
    assert split(person)["office"] >= 1000 * DELAY_S  # a key may have met the answer of another
    for w, h in WIDTHS.values():
        person.page.set_viewport_size({"width": w, "height": h})
        assert_sound(person)
    person.by("end").click()

    def told():
        lines = town.sudare._gateway_command("sessions", "--json").splitlines()
        return [one for one in map(json.loads, lines) if one["cause"] and one["keys"] >= 5]

    assert person.until(told)
    (session,) = told()
    assert (session["login"], session["target_name"], session["cause"]) == ("yamada", town.pc("vnc").name, "office")
    assert session["office_ms"]["p50"] > session["total_ms"]["p50"] / 2


def test_a_slow_line_of_the_person_is_named(playwright, town):
    line = Wire(town.book.port)
    browser = launch(playwright, town, line.port)
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="ja-JP", timezone_id="Asia/Tokyo")
    person = works(Person(town, context))
    line.delay_s = DELAY_S

    assert cause(person) == "line"

    assert "回線" in person.by("lag").inner_text()
    assert split(person)["line"] >= 2000 * DELAY_S
    browser.close()
    line.close()


def test_a_slow_way_between_gateway_and_office_is_named(far_office, person):
    assert cause(works(person)) in {"gateway", "line"}  # nobody knows before the first ping came back

    def measured():
        return cause(person) == "gateway"

    assert person.until(measured, within_s=60)
    assert "庁内までの中継" in person.by("lag").inner_text()
    assert split(person)["gateway"] >= 1500 * DELAY_S


def test_a_device_with_too_much_to_do_is_named(person):
    works(person)
    person.page.evaluate("""() => addEventListener("keydown", () => {
      const until = performance.now() + 400;
      while (performance.now() < until);
    }, true)""")

    assert cause(person) == "device"

    assert "この端末" in person.by("lag").inner_text()
    assert split(person)["device"] >= 400
