"""What a browser that was never here fetches before the first picture, of the built front end as it is served."""

import gzip
import re
from pathlib import Path

import pytest
from starlette.requests import Request

from sudare.gateway.static import FrontEnd

BUILT = Path(__file__).parent.parent / "src/sudare/gateway/static"
WHOLE, WHOLE_GZIP, VIEWER, FIRST_SCRIPT = 60_000, 66_000, 16_000, 24_000
FILE = re.compile(r"[\"'`/](?:\./|assets/)([\w.-]+\.(?:js|css))")
SPOKEN_ELSEWHERE = re.compile(r"en-[\w-]+\.js")  # the English sentences; the Japanese ones stand in the page


class Visit:
    """A browser's first: bytes as sent, by file."""

    def __init__(self, encoding="br, gzip"):
        self.front_end, self.encoding = FrontEnd(BUILT), encoding
        self.sent = {}
        self.text = {"page": self.fetch("/", "page")}
        names = FILE.findall(self.text["page"])
        while names:
            name = names.pop()
            if name not in self.text and not SPOKEN_ELSEWHERE.fullmatch(name):
                self.text[name] = self.fetch(f"/assets/{name}", name)
                names += FILE.findall(self.text[name])

    def fetch(self, path, name):
        """What this is, and what it costs on the way."""
        self.sent[name] = len(self.ask(path, self.encoding).body)
        return self.ask(path, "").body.decode()

    def ask(self, path, encoding):
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "server": ("x", 443)}
        headers = [(b"accept-encoding", encoding.encode())]
        return self.front_end.answer(Request(scope | {"scheme": "https", "headers": headers}))

    def size(self, *beginnings):
        """Bytes of the files whose names begin so; each is one file."""
        found = [name for name in self.sent for begins in beginnings if name.startswith(begins)]
        assert len(found) == len(beginnings), found
        return sum(self.sent[name] for name in found)


@pytest.fixture(scope="module")
def visit():
    return Visit()


def test_page_portal_and_viewer_together_stay_under_60_kb(visit):
    assert sum(visit.sent.values()) < WHOLE, visit.sent


def test_where_a_browser_takes_no_brotli_they_are_a_tenth_more():
    """Every browser takes it over TLS; a proxy that opens TLS may not."""
    assert sum(Visit("gzip").sent.values()) < WHOLE_GZIP


def test_the_viewer_alone_is_a_small_part_of_that(visit):
    assert visit.size("screen-") < VIEWER


def test_the_page_and_its_script_need_two_flights_of_a_new_connection(visit):
    """
    Ten packets (RFC 6928), and the next flight as many more as the first had: the page fills the first, so that the
    script fits into the second.
    """
    assert visit.sent["page"] < 10 * 1_400
    assert visit.size("index-") < FIRST_SCRIPT


def test_every_file_of_the_first_visit_is_served_packed_beforehand(visit):
    for name in visit.sent:
        path = "/" if name == "page" else f"/assets/{name}"
        answer = visit.ask(path, "br, gzip")
        assert answer.headers["content-encoding"] == "br"
        assert gzip.decompress(visit.ask(path, "gzip").body).decode() == visit.text[name]


def test_nothing_is_waited_for_that_could_have_been_sent_with_the_script(visit):
    """A stylesheet would hold the script back until another connection has brought it."""
    assert "stylesheet" not in visit.text["page"]
    assert not [name for name in visit.sent if name.endswith(".css")]
    assert visit.size("index-", "Inside-", "screen-") + visit.sent["page"] == sum(visit.sent.values())
    for begins in ("Inside-", "screen-"):
        assert f'rel="modulepreload" href="/assets/{begins}' in visit.text["page"]


def test_the_first_script_waits_for_no_other(visit):
    """It begins the page and the viewer's worker, and imports nothing that is not in it."""
    (first,) = [text for name, text in visit.text.items() if name.startswith("index-")]

    assert not re.search(r"(from|\bimport)\s*[\"'`]\./", first)
    assert "import(`./" in first


def test_the_page_runs_no_script_of_its_own(visit):
    scripts = re.findall(r"<script([^>]*)>", visit.text["page"])

    assert len(scripts) == 3
    assert all('type="application/json"' in one or 'src="/assets/' in one for one in scripts)
