"""
The gateway carries a running session and can read none of it: its memory and its files are searched.

The search is shown to work by finding the same things in the processes that must have them.
"""

import os
from pathlib import Path

import numpy as np
from tests.journeys.test_faults import workers
from tests.support.screens import Screen


def memory(pid):
    """Every readable private page of a process."""
    process = Path(f"/proc/{pid}")
    with (process / "maps").open() as maps, (process / "mem").open("rb", 0) as mem:
        for line in maps:
            span, rights, *_ = line.split(maxsplit=2)
            if not rights.startswith("rw"):
                continue
            start, end = (int(edge, 16) for edge in span.split("-"))
            try:
                mem.seek(start)
                yield mem.read(end - start)
            except (OSError, ValueError):
                continue


def found(pid, needles):
    """Which of the needles stand in the memory of the process."""
    return {name for block in memory(pid) for name, needle in needles.items() if needle in block}


def noise(x, seed):
    """A window full of noise: it cannot be compressed, so even a compressed stream holds its bytes literally."""
    picture = np.random.default_rng(seed).integers(0, 256, (x.h, x.w, 4), np.uint8)
    picture[:, :, 3] = 0
    x.paint(picture)


def test_neither_pixels_nor_the_office_password_are_in_the_gateway(person, town):
    person.begin("yamada")
    person.open_pc("vnc", remember=True)
    person.phase("active")
    person.point(600, 500)
    password = {"password": town.city.vnc.password.encode()}

    with Screen(town.pc("vnc").display) as x:
        assert person.shows(x)
        x.cover()
        noise(x, 7)
        assert person.shows(x)
        true = x.grab()
        rows = range(40, x.h - 40, 97)
        pixels = {f"bgr {y}": true[y, 100:116].tobytes() for y in rows}
        pixels |= {f"rgb {y}": true[y, 100:116, ::-1].tobytes() for y in rows}
        pixels |= {f"bgrx {y}": np.insert(true[y, 100:116], 3, 0, axis=1).tobytes() for y in rows}

        gateway = town.sudare.pid("gateway")
        assert found(gateway, pixels | password) == set()
        seen = set().union(*(found(pid, pixels) for pid in workers(town)))
        assert len(seen) >= len(rows)  # the search finds them where they are

    assert found(os.getpid(), password) == {"password"}
    kept = [path for path in Path(town.sudare.gateway_folder).rglob("*") if path.is_file()]
    assert any(path.suffix == ".sqlite" or "sqlite" in path.name for path in kept)
    assert not [path for path in kept if password["password"] in path.read_bytes()]
    assert password["password"] not in town.logs()


def test_titles_of_the_schedule_pass_the_gateway_unread(person, town):
    person.begin("yamada")
    title = {"title": "台風対策本部 準備会".encode(), "escaped": b"\\u53f0\\u98a8\\u5bfe\\u7b56"}
    assert person.page.get_by_text("台風対策本部 準備会").count()

    assert found(town.sudare.pid("gateway"), title) == set()
    assert "title" in found(town.sudare.pid("connector"), title)
