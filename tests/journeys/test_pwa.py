"""Installable, and what it keeps is the shell alone."""

import json


def test_the_service_worker_keeps_the_shell_and_never_data(person, town):
    person.begin("yamada")
    person.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    person.page.reload()
    person.by("day-list").wait_for()

    kept = person.page.evaluate("""async () => {
      const out = [];
      for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys()) {
          const text = await (await caches.match(request)).clone().text();
          out.push([new URL(request.url).pathname, text]);
        }
      return out;
    }""")

    paths = {path for path, _ in kept}
    assert paths
    assert not [path for path in paths if path.startswith(("/api", "/relay"))]
    assert not [path for path, text in kept if "台風対策本部" in text or "部長ヒアリング" in text]


def test_without_the_gateway_the_shell_says_so(far_person, wire):
    far_person.begin("yamada")
    far_person.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    far_person.page.reload()
    far_person.by("day-list").wait_for()

    wire.cut()
    far_person.page.reload()

    assert far_person.problem() == "link.lost"
    wire.mend()
    far_person.page.get_by_role("button", name="もう一度ためす").click()
    far_person.by("day-list").wait_for()


def test_it_can_be_installed(person, town):
    person.page.goto(town.url)
    address = person.page.locator("link[rel=manifest]").get_attribute("href")

    manifest = json.loads(person.page.evaluate("(address) => fetch(address).then((answer) => answer.text())", address))

    assert manifest["display"] == "standalone"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert manifest["start_url"] == "/"
