"""The operator lets one PC be heard: whoever opens it and asks for sound hears what it plays, and nobody else does."""

import subprocess
import sys

import numpy as np
import pytest
from tests.support.sounding import sounding_xrdp
from tests.support.town import Person

TARGET = """
[[target]]
id = "oto"
name = "音の出るPC"
kind = "rdp"
host = "127.0.0.1"
port = {port}
certificate = "{pin}"
"""
# What the page's audio graph plays also goes to an analyser, which is read below.
LISTEN = """(() => {
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...more) {
    if (to instanceof AudioDestinationNode) {
      const context = to.context;
      if (!context.ear) {
        context.ear = new AnalyserNode(context, { fftSize: 32768, smoothingTimeConstant: 0 });
        window.ear = context.ear;
      }
      connect.call(this, context.ear);
    }
    return connect.call(this, to, ...more);
  };
})()"""
HEARD = """() => {
  if (!window.ear) return [];
  const samples = new Float32Array(window.ear.fftSize);
  window.ear.getFloatTimeDomainData(samples);
  return Array.from(samples);
}"""


@pytest.fixture
def pc(town):
    """An RDP PC with a channel server, offered as long as the test runs."""
    config = town.sudare.connector_folder / "connector.toml"
    before = config.read_text()
    with sounding_xrdp() as built:
        try:
            config.write_text(before + TARGET.format(port=built.port, pin=built.certificate))
            town.sudare.end("connector")
            town.sudare.run_connector()
            town.sudare._gateway_command("grant", "yamada", "oto")
            yield built
        finally:
            config.write_text(before)
            town.sudare.end("connector")
            town.sudare.run_connector()


def sound(town, state):
    command = [sys.executable, "-m", "sudare.entry.cli", "gateway", "target", "sound", "oto", state]
    subprocess.run([*command, "--dir", str(town.sudare.gateway_folder)], check=True, timeout=60)


def open_it(person):
    person.page.locator("nav a[href='/pcs']").click()
    person.page.locator('[data-testid="pc-card"]', has_text="音の出るPC").locator('[data-testid="connect"]').click()
    person.by("pc-password").wait_for()
    person.by("pc-account").fill("any")
    person.by("pc-password").fill("any")
    person.by("remember").set_checked(False)
    person.by("pc-submit").click()
    person.phase("active")


def loudest_hz(person):
    """The strongest frequency of what the page plays; 0 when it is silent."""
    samples = np.array(person.page.evaluate(HEARD))
    if not len(samples) or np.abs(samples).max() < 0.05:
        return 0.0
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / 48_000)[spectrum.argmax()])


def test_a_tone_the_pc_plays_is_in_what_the_page_plays_once_it_is_asked_for(town, chromium, pc):
    sound(town, "on")
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, locale="ja-JP", timezone_id="Asia/Tokyo")
    context.add_init_script(LISTEN)
    person = Person(town, context)
    person.begin("yamada")
    open_it(person)
    pc.player.play(440)
    person.by("sound").wait_for()
    silent_before = person.page.evaluate("() => window.ear === undefined")

    person.page.get_by_role("button", name="音を出す").click()

    assert silent_before
    assert person.until(lambda: abs(loudest_hz(person) - 440) < 3)
    pc.player.play(880)
    assert person.until(lambda: abs(loudest_hz(person) - 880) < 3)
    person.page.get_by_role("button", name="音を止める").click()
    assert person.until(lambda: person.page.evaluate("() => window.ear.context.state") == "closed")

    sound(town, "off")
    person.by("sound").wait_for(state="detached")  # the session was cut and began anew, without
    context.close()
    assert person.errors == []
