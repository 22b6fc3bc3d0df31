"""
From opening the page to the first picture of an office PC, on shaped lines; a robot in the page types and clicks.

    PYTHON bench/first.py HARNESS [--targets sudare-vnc,sudare-rdp] [--profiles ftth,lte,poor,awful] [--rounds 5]

HARNESS and PYTHON as for peers.py. Each round is a browser that knows nothing: no cache, no cookie, no connection.
    start    the portal's address, sign in, the list of PCs, open one, its password
    address  the PC's own address, sign in, its password (kept for the next)
    kept     the PC's own address again: signed in, the page's files kept, the password remembered
The picture counts from when the test desktop's marks can be read in it. `--told` prints when the robot got how far, and
when each of the page's requests began and ended.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
ROBOT = (HERE / "first_robot.js").read_text()
PATIENCE_MS = 90_000
LEAVE_MS = 2_500  # the viewer's worker says goodbye, or the session would wait for its browser and fill the connector
STEPS = ("page", "sign-in", "signed-in", "list", "asked", "told", "picture")


def requests(page) -> list[str]:
    """When each of the page's requests began and ended, in ms since the page was asked for."""
    entries = page.evaluate(
        "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
        ".map(e => [e.name, e.startTime, e.connectStart, e.connectEnd, e.requestStart, e.responseStart, e.responseEnd,"
        " e.transferSize])"
    )
    rows = []
    for name, start, *rest, size in entries:
        connect, connected, sent, heard, end = rest
        took = f"connect {connect:5.0f}..{connected:5.0f}" if connected > connect else " " * 22
        when = f"{start:5.0f}  {took}  sent {sent:5.0f}  first byte {heard:5.0f}  end {end:5.0f}"
        rows.append(f"    {when}  {size / 1000:5.1f} kB  {urlsplit(name).path[:40]}")
    return rows


class Visits:
    """Visits of one office PC, each in a browser of its own."""

    def __init__(self, session, harness, *, told: bool) -> None:
        self._session = session
        self._harness = harness
        self._told = told
        self._size = session.page.viewport_size

    def new(self, profile: str, way: str) -> tuple[dict, object]:
        """A visit by somebody who was never here: (steps, the context, still open)."""
        context = self._session.browser.new_context(viewport=self._size, ignore_https_errors=True, locale="ja-JP")
        return self._visit(context, profile, way), context

    def again(self, context, profile: str) -> dict:
        """A visit by somebody who was here."""
        return self._visit(context, profile, "kept")

    def _visit(self, context, profile: str, way: str) -> dict:
        session, ready = self._session, self._session.target.ready
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        layout = json.dumps(self._harness.L.AS_DICT)
        page.add_init_script((self._harness.HERE / "probe.js").read_text().replace("__LAYOUT__", layout))
        page.add_init_script(ROBOT.replace("__READY__", json.dumps(ready | {"remember": way == "address"})))
        url = urlsplit(session.target.url)
        session.lab.set(profile)
        before = session.lab.counters()["down"]["out_bytes"]
        page.goto(f"{url.scheme}://{url.netloc}/" if way == "start" else url.geturl(), wait_until="commit")
        steps = page.evaluate("__robot.done")
        steps["kB"] = (session.lab.counters()["down"]["out_bytes"] - before) / 1e3
        if self._told:
            print(f"  {profile}, {way}:", ", ".join(f"{step} {steps[step]:.0f}" for step in steps))
            print(*requests(page), sep="\n", flush=True)
        session.lab.set("lan")
        page.evaluate("__robot.settled")
        page.get_by_test_id("end").click()
        page.get_by_test_id("connect").wait_for()
        page.wait_for_timeout(LEAVE_MS)
        if way == "kept":
            page.get_by_test_id("forget").click()
            page.get_by_test_id("forget").wait_for(state="detached")
        page.close()
        return steps


def row(visits: list[dict]) -> str:
    """Median picture, its range, kilobytes."""
    pictures = sorted(one["picture"] / 1e3 for one in visits)
    kilobytes = statistics.median(one["kB"] for one in visits)
    return f"{statistics.median(pictures):.2f} ({pictures[0]:.2f}..{pictures[-1]:.2f}) / {kilobytes:.0f}"


def steps(visits: list[dict]) -> str:
    """When each step was reached, median in ms."""
    reached = [step for step in STEPS if all(step in one for one in visits)]
    return ", ".join(f"{step} {statistics.median(one[step] for one in visits):.0f}" for step in reached)


def measure(visits: Visits, profile: str, rounds: int) -> dict[str, list[dict]]:
    """All rounds on one line, by way."""
    found = {"start": [], "address": [], "kept": []}
    for _ in range(rounds):
        for way in ("start", "address"):
            told, context = visits.new(profile, way)
            found[way].append(told)
            if way == "address":
                found["kept"].append(visits.again(context, profile))
            context.close()
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("harness", type=Path)
    parser.add_argument("--targets", default="sudare-vnc,sudare-rdp")
    parser.add_argument("--profiles", default="ftth,lte,poor,awful")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--prefix", default="sdb")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--told", action="store_true", help="tell every step and every request")
    options = parser.parse_args()
    sys.path[:0] = [str(options.harness.resolve()), str(HERE.parent)]
    import adapters  # noqa: PLC0415 (found only now)
    from netlab import NetLab  # noqa: PLC0415
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    import bench as harness  # noqa: PLC0415

    adapters.__path__.append(str(HERE / "adapters"))
    print("| target | line | way | first picture s: median (least..most) / kB | steps, ms |\n|---|---|---|---|---|")
    with NetLab(prefix=options.prefix, seed=options.seed) as lab, sync_playwright() as playwright:
        for name in options.targets.split(","):
            target = adapters.load(name)(lab)
            session = harness.Session(lab, target, "lan", options)
            try:
                session.open(playwright)
                session.page.close()
                visits = Visits(session, harness, told=options.told)
                for profile in options.profiles.split(","):
                    for way, found in measure(visits, profile, options.rounds).items():
                        print(f"| {name} | {profile} | {way} | {row(found)} | {steps(found)} |", flush=True)
            finally:
                session.close()


if __name__ == "__main__":
    main()
