"""What goes wrong is said in a sentence that names whose move is next, and nothing is lost."""

import contextlib
import os
import signal
from pathlib import Path

import pytest
from tests.support.town import Person


@pytest.fixture(scope="module", autouse=True)
def sentences(town):
    yield
    assert b"bug.unexpected" not in town.logs()
    assert b"Traceback" not in town.logs()


def workers(town):
    """Process ids of the connector's session processes."""
    found, seen = [], [town.sudare.pid("connector")]
    while seen:
        children = [int(p) for p in _children(seen.pop())]
        seen += children
        found += [p for p in children if b"sudare.entry.worker" in _command(p)]
    return found


def _children(pid):
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_wrong_password_is_refused_and_the_right_one_still_taken(person):
    person.sign_in("yamada", "chigau-kotoba-desu-yo-ne")
    assert person.problem() == "denied.credentials"

    person.begin("yamada")


def test_an_unknown_person_hears_the_same_as_a_wrong_password(person):
    person.sign_in("dare-ka-san", "chigau-kotoba-desu-yo-ne")

    assert person.problem() == "denied.credentials"


def test_a_wrong_groupware_password_asks_again(person, town):
    person.begin("sato")
    person.by("schedule-password").fill("chigau")
    person.by("schedule-submit").click()
    assert person.problem() == "office.calendar-credentials"

    person.by("schedule-password").fill(town.book.groupware["sato"])
    person.by("remember").set_checked(False)
    person.by("schedule-submit").click()

    person.by("day-list").wait_for()


def test_a_groupware_that_is_down_is_named_and_the_last_day_stays(person, town):
    person.begin("yamada")
    before = person.by("entry").count()
    town.city.groupware.stop()
    try:
        # Another week was never seen, so it must be asked for.
        person.page.locator("nav .days button").last.click()
        person.page.reload()
        assert person.problem() == "office.calendar-unreachable"
    finally:
        town.city.groupware.start()

    person.page.get_by_role("button", name="もう一度ためす").click()
    person.by("entry").first.wait_for()

    assert before == person.by("entry").count()


def test_a_wrong_vnc_password_asks_again_and_the_right_one_opens(person, town):
    person.begin("yamada")
    person.open_pc("vnc", "chigau12")
    assert person.problem() == "office.pc-credentials"

    person.answer("vnc", town.city.vnc.password)

    person.phase("active")


def test_an_office_pc_that_is_switched_off_is_named(person, town):
    port = town.city.rdp.port
    town.city.rdp.unplug()
    try:
        person.begin("yamada")
        person.open_pc("rdp")
        assert person.problem() == "office.pc-unreachable"
    finally:
        town.city.rdp.plug_in()
    assert town.city.rdp.port == port

    person.by("again").click()

    person.phase("active")


def test_a_cut_line_keeps_the_picture_and_the_session_and_comes_back_by_itself(far_person, wire, town):
    far_person.begin("yamada")
    far_person.open_pc("vnc")
    far_person.phase("active")
    assert far_person.until(lambda: far_person.picture(200, 200).any())
    running = set(workers(town))

    wire.cut()
    far_person.phase("reconnecting")
    assert "つなぎ直しています" in far_person.by("session-phase").inner_text()
    assert far_person.picture(200, 200).any()
    wire.mend()

    far_person.phase("active")
    assert running <= set(workers(town))  # the same process, so the same session
    assert b"session-resumed" in town.logs()


def test_a_killed_session_process_is_said_and_the_next_try_works(person, town):
    person.begin("yamada")
    person.open_pc("vnc")
    person.phase("active")

    for pid in workers(town):
        with contextlib.suppress(ProcessLookupError):  # its cage took it along
            os.kill(pid, signal.SIGKILL)
    assert person.problem() == "office.pc-closed"
    person.by("again").click()

    person.phase("active")


def test_a_killed_connector_is_named_and_work_goes_on_when_it_is_back(person, town):
    person.begin("yamada")
    town.sudare.end("connector")
    try:
        person.page.reload()
        assert person.problem() == "office.connector-away"
        person.page.locator("nav a[href='/pcs']").click()
        person.page.locator('[data-testid="pc-card"] .chip[data-kind="warn"]').first.wait_for()
    finally:
        town.sudare.run_connector()

    person.page.locator("nav a[href='/']").click()

    person.by("entry").first.wait_for()


def test_a_restarted_gateway_takes_the_session_up_again(person, town):
    person.begin("yamada")
    person.open_pc("rdp")
    person.phase("active")

    town.sudare.end("gateway")
    person.phase("reconnecting")
    town.sudare.run_gateway()

    person.phase("active", 60)


def test_a_person_whose_way_in_was_taken_back_is_out_at_once(person, town, chromium):
    admin = town.sudare.browser("admin")
    sato = next(p["id"] for p in admin.call("GET", "admin/people") if p["login"] == "sato")
    other = Person(town, chromium.new_context(locale="ja-JP"))
    other.begin("sato")
    other.open_pc("vnc")
    other.phase("active")

    link = admin.call("POST", f"admin/people/{sato}/welcome", {})["welcome_url"]

    other.by("signin-login").wait_for()
    other.context.close()
    town.sudare.browser().welcome(link, town.password("sato"))
    person.begin("sato")


def test_an_old_link_is_refused_in_words(person, town):
    person.page.goto(f"{town.url}/welcome#bm90LWEtcmVhbC10b2tlbi1hdC1hbGwtbm90LXJlYWw")

    assert person.problem() == "denied.invitation"
