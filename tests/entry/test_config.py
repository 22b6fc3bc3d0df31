"""gateway.toml."""

import pytest

from sudare.base.errors import SudareError
from sudare.entry.config import origin_of, read_gateway

GOOD = """
[gateway]
url = "https://telework.example.lg.jp"
listen = "0.0.0.0:443"
"""


@pytest.fixture
def file(tmp_path):
    for name in ("tls.pem", "tls.key"):
        (tmp_path / name).write_text("x")
    return tmp_path / "gateway.toml"


def test_defaults_are_good_and_paths_are_relative_to_the_file(file):
    file.write_text(GOOD)

    config = read_gateway(file)

    assert (config.host, config.listen) == ("telework.example.lg.jp", ("0.0.0.0", 443))
    assert (config.idle_s, config.absolute_s) == (1800, 43_200)
    assert config.database == f"sqlite+aiosqlite:///{file.parent}/sudare.sqlite"
    assert config.keys == file.parent / "keys"
    assert config.static.parts[-3:] == ("sudare", "gateway", "static")


def test_every_mistake_is_reported_at_once_with_file_key_and_what_is_expected(file):
    file.write_text("""
    extra = 1
    [gateway]
    url = "http://telework.example.lg.jp/path"
    listen = "somewhere"
    colour = "blue"
    [tls]
    key = "none.key"
    [database]
    url = "mysql://x"
    [session]
    idle_minutes = 0
    absolute_hours = "long"
    """)

    with pytest.raises(SudareError, match=r"caller\.configuration") as caught:
        read_gateway(file)

    lines = caught.value.detail.splitlines()
    assert len(lines) == 8
    assert all(line.startswith(f"{file}: [") and "expected" in line for line in lines)
    for key in ("url", "listen", "colour", "key", "idle_minutes", "absolute_hours", "extra"):
        assert any(key in line for line in lines)


@pytest.mark.parametrize("text", ["[gateway", "\xff"])
def test_an_unreadable_file_is_said_to_be_so(file, text):
    file.write_bytes(text.encode("latin-1"))

    with pytest.raises(SudareError, match=r"caller\.configuration"):
        read_gateway(file)


@pytest.mark.parametrize("url", ["http://x", "https://", "https://x/y", "x", "https://u@x", "https://x?q"])
def test_an_origin_is_https_and_nothing_more(url):
    with pytest.raises(ValueError, match=r"https://host"):
        origin_of(url)


def test_the_default_port_is_not_said():
    assert origin_of("https://Example.jp:443/") == ("https://example.jp", "example.jp", 443)
    assert origin_of("https://[::1]:8443") == ("https://[::1]:8443", "::1", 8443)
