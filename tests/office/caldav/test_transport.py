import pytest
from tests.support.httpserver import http, multistatus, response, saying

from sudare.base.errors import SudareError
from sudare.base.secret import Secret
from sudare.office.caldav.transport import Transport
from sudare.office.schedule import Login, UnreachableError

LOGIN = Login("yamada", Secret("ひみつ"))


async def ask(url, path="/", **options):
    transport = Transport(url, None, **options)
    try:
        return await transport.ask("PROPFIND", transport.resolve(path), b"", LOGIN, 0)
    finally:
        await transport.close()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (http("401 Unauthorized"), "office.calendar-credentials"),
        (http("403 Forbidden"), "office.calendar-credentials"),
        (http("503 Service Unavailable"), "office.calendar-unreachable"),
        (http("500 Internal Server Error"), "office.calendar-answer"),
        (http("200 OK", "<html>login</html>"), "office.calendar-answer"),
        (http("207 Multi-Status", "garbage"), "office.calendar-answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "office.calendar-answer"),
        (b"", "office.calendar-answer"),
        (http("302 Found", "", "Location: http://192.0.2.1/x"), "office.calendar-answer"),
        (http("302 Found", "", "Location: /again"), "office.calendar-answer"),
        (http("302 Found", "", "Location: http://["), "office.calendar-answer"),
        (http("207 Multi-Status", "x", "Content-Encoding: gzip"), "office.calendar-answer"),
    ],
)
async def test_every_failure_has_its_code(raw, code):
    async with saying(lambda _method, _path: raw) as url:
        with pytest.raises(SudareError) as failure:
            await ask(url)
    assert failure.value.code == code
    assert "ひみつ" not in repr(failure.value)


@pytest.mark.anyio
async def test_a_closed_port_is_unreachable():
    async with saying(lambda _method, _path: b"") as url:
        pass
    with pytest.raises(UnreachableError):
        await ask(url)


@pytest.mark.anyio
async def test_an_answer_over_the_limit_is_refused():
    async with saying(lambda _method, _path: multistatus(" " * 10_000)) as url:
        with pytest.raises(SudareError, match="too large"):
            await ask(url, largest=5_000)


@pytest.mark.anyio
async def test_a_redirect_on_the_same_host_is_followed_with_its_method():
    def answer(method, path):
        if path == "/old":
            return http("301 Moved", "", "Location: /new%20place/")
        return multistatus(response(path, f"<displayname>{method}</displayname>"))

    async with saying(answer) as url:
        (found,) = await ask(url, "/old")
    assert (found.href, found.text("{DAV:}displayname")) == ("/new%20place/", "PROPFIND")


@pytest.mark.anyio
async def test_the_password_goes_to_no_other_origin():
    transport = Transport("https://groupware.example:8443/dav/", None)
    assert transport.resolve("cal/", "https://groupware.example:8443/dav/") == "https://groupware.example:8443/dav/cal/"
    for other in ("http://groupware.example:8443/", "https://groupware.example/", "//evil.example/x", "file:///etc"):
        with pytest.raises(SudareError, match="another host"):
            transport.resolve(other)
    await transport.close()


@pytest.mark.anyio
async def test_cookies_are_not_kept():
    seen = []

    def answer(_method, path):
        seen.append(path)
        return http("207 Multi-Status", '<a:multistatus xmlns:a="DAV:"/>', "Set-Cookie: session=1; Path=/")

    async with saying(answer) as url:
        transport = Transport(url, None)
        await transport.ask("PROPFIND", url, b"", LOGIN, 0)
        assert list(transport._http.cookies.jar) == []
        await transport.close()
