"""The front end's files."""

import gzip

import pytest
from starlette.requests import Request

from sudare.base.errors import SudareError
from sudare.domain.websession import TOKEN_BYTES
from sudare.gateway.signin.cookies import SESSION, session_cookie
from sudare.gateway.static import FrontEnd

SIGNED_IN = session_cookie(bytes(TOKEN_BYTES)).partition(";")[0]


@pytest.fixture
def front_end(tmp_path):
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("page")
    (tmp_path / "stranger.html").write_text("stranger")
    (tmp_path / "sw.js").write_text("worker")
    (tmp_path / "icons").mkdir()
    (tmp_path / "icons/icon.svg").write_text("<svg/>")
    (tmp_path / "manifest.webmanifest").write_text("{}")
    (tmp_path / "assets/app-1a2b.js").write_text("code")
    (tmp_path / "assets/app-1a2b.js.gz").write_bytes(gzip.compress(b"code"))
    (tmp_path / ".secret").write_text("hidden")
    return FrontEnd(tmp_path)


def get(front_end, path, **headers):
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": raw}
    return front_end.answer(Request(scope | {"server": ("x", 443), "scheme": "https"}))


@pytest.mark.parametrize("path", ["/", "/welcome", "/pc/k1~pc", "/schedule/2026-11-23"])
def test_the_portals_own_addresses_get_the_page(front_end, path):
    answer = get(front_end, path, cookie=SIGNED_IN)

    assert (answer.body, answer.headers["cache-control"]) == (b"page", "no-cache")
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("cookie", ["", "other=1", f"{SESSION}=", f"{SESSION}=short", "__Host-sudare-known=x"])
def test_who_brings_no_session_is_told_so_by_the_page_which_nobody_keeps(front_end, cookie):
    answer = get(front_end, "/pc/k1~pc", cookie=cookie)

    assert (answer.body, answer.headers["cache-control"]) == (b"stranger", "no-store")


def test_the_page_that_is_kept_for_a_lost_line_is_nobodys(front_end):
    assert get(front_end, "/index.html").body == b"page"
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        get(front_end, "/stranger.html")


def test_hashed_files_never_change_and_others_are_asked_for_anew(front_end):
    assert "immutable" in get(front_end, "/assets/app-1a2b.js").headers["cache-control"]
    for path, kind in (("/sw.js", "text/javascript"), ("/manifest.webmanifest", "application/manifest+json")):
        answer = get(front_end, path)
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["content-type"].startswith(kind)


def test_icons_are_kept_for_a_day(front_end):
    assert get(front_end, "/icons/icon.svg").headers["cache-control"] == "public, max-age=86400"


def test_a_packed_file_goes_to_whoever_takes_it(front_end):
    packed = get(front_end, "/assets/app-1a2b.js", accept_encoding="br;q=1, gzip")
    plain = get(front_end, "/assets/app-1a2b.js", accept_encoding="gzip;q=0")

    assert (packed.headers["content-encoding"], gzip.decompress(packed.body)) == ("gzip", b"code")
    assert ("content-encoding" in plain.headers, plain.body) == (False, b"code")
    assert packed.headers["etag"] != plain.headers["etag"]


def test_what_the_browser_has_is_not_sent_again(front_end):
    etag = get(front_end, "/sw.js").headers["etag"]

    assert get(front_end, "/sw.js", if_none_match=etag).status_code == 304


@pytest.mark.parametrize(
    "path", ["/../.secret", "/.secret", "/assets/none.js", "/assets/none", "/x.php", "//etc/passwd.txt"]
)
def test_nothing_else_is_there(front_end, path):
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        get(front_end, path)


def test_without_a_front_end_there_is_no_page(tmp_path):
    with pytest.raises(SudareError):
        get(FrontEnd(tmp_path / "none"), "/")
