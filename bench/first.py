"""
From the click on an office PC's address to its first picture, for somebody who is signed in and whose PC's password is
remembered; the page included, new to the browser and kept by it.

    PYTHON bench/first.py HARNESS [--targets sudare-vnc,sudare-rdp] [--profiles ftth,lte,poor]

HARNESS and PYTHON as for peers.py. The picture counts from when the test desktop's marks can be read in it.
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def requests(page) -> list[str]:
    """When each of the page's requests began and ended, in ms since the click."""
    entries = page.evaluate(
        "performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
        ".map(e => [new URL(e.name).pathname.slice(0, 40), e.startTime, e.responseEnd, e.transferSize])"
    )
    return [f"    {start:6.0f} {end:6.0f} ms {size / 1000:6.1f} kB  {name}" for name, start, end, size in entries]


def measure(session, profile: str, *, new: bool, told: bool) -> tuple[float, float]:
    """(seconds, kB) of one visit on this line."""
    session.page.goto("about:blank")
    if new:
        session.cdp.send("Network.clearBrowserCache")
        session.cdp.send(
            "Storage.clearDataForOrigin",
            {"origin": session.target.url, "storageTypes": "service_workers,cache_storage"},
        )
    session.lab.set(profile)
    found = session.connect()
    if told:
        print(f"  {profile}, {'new' if new else 'kept'}:", *requests(session.page), sep="\n")
    session.lab.set("lan")
    session.drain(20)
    return found["first_picture_s"], found["page_and_first_picture_kB"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("harness", type=Path)
    parser.add_argument("--targets", default="sudare-vnc,sudare-rdp")
    parser.add_argument("--profiles", default="ftth,lte,poor")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--prefix", default="sdb")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--requests", action="store_true", help="tell every request of the page")
    options = parser.parse_args()
    sys.path[:0] = [str(options.harness.resolve()), str(HERE.parent)]
    import adapters  # noqa: PLC0415 (found only now)
    from netlab import NetLab  # noqa: PLC0415
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    import bench as harness  # noqa: PLC0415

    adapters.__path__.append(str(HERE / "adapters"))
    print("| target | page | " + " | ".join(f"{profile} s / kB" for profile in options.profiles.split(",")) + " |")
    with NetLab(prefix=options.prefix, seed=options.seed) as lab, sync_playwright() as playwright:
        for name in options.targets.split(","):
            session = harness.Session(lab, adapters.load(name)(lab, remember="1"), "lan", options)
            try:
                session.open(playwright)
                for new in (True, False):
                    row = []
                    for profile in options.profiles.split(","):
                        visits = [
                            measure(session, profile, new=new, told=options.requests) for _ in range(options.rounds)
                        ]
                        row.append("{:.2f} / {:.0f}".format(*sorted(visits)[len(visits) // 2]))
                    print(f"| {name} | {'new' if new else 'kept'} | " + " | ".join(row) + " |", flush=True)
            finally:
                session.close()


if __name__ == "__main__":
    main()
