from datetime import date

import pytest

from sudare.base.errors import SudareError
from sudare.domain.schedule import Window
from sudare.office.caldav import multistatus
from sudare.office.caldav.multistatus import CAL, DAV

ANSWER = """<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
  <D:response><D:href> /a%20b/ </D:href>
    <D:propstat><D:prop><D:displayname>予定 &amp; 会議</D:displayname>
      <C:calendar-home-set><D:href>/home/1/</D:href><D:href>/home/2/</D:href></C:calendar-home-set>
      <C:calendar-data><![CDATA[BEGIN:VCALENDAR\r\nX:1\r\nEND:VCALENDAR]]></C:calendar-data></D:prop>
      <D:status>HTTP/1.1 200 OK</D:status></D:propstat>
    <D:propstat><D:prop><D:getetag/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
  </D:response>
  <D:response><D:href>/gone/</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>
</D:multistatus>""".encode()

BILLION = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<D:multistatus xmlns:D="DAV:">&b;</D:multistatus>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE l SYSTEM "file:///etc/passwd"><D:multistatus xmlns:D="DAV:"/>"""


def test_an_answer_gives_the_properties_that_were_found():
    found, gone = multistatus.parse(ANSWER)
    assert found.href == "/a%20b/"
    assert found.text(f"{DAV}displayname") == "予定 & 会議"
    assert found.hrefs(f"{CAL}calendar-home-set") == ["/home/1/", "/home/2/"]
    assert found.text(f"{CAL}calendar-data").splitlines()[1] == "X:1"
    assert f"{DAV}getetag" not in found.props
    assert gone.props == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"<html><body>login</body></html>",
        b"<a/>",
        ANSWER[:300],
        BILLION,
        OUTSIDE,
        b"\x00\xff\xfe",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b'<D:multistatus xmlns:D="DAV:">' + b"<a>" * 100 + b"</a>" * 100 + b"</D:multistatus>",
    ],
)
def test_what_is_no_multistatus_is_refused(body):
    with pytest.raises(SudareError, match=r"office\.calendar-answer"):
        multistatus.parse(body)


def test_a_document_type_is_refused_before_its_entities_are_read():
    with pytest.raises(SudareError, match="document type"):
        multistatus.parse(BILLION)


def test_a_query_asks_in_utc_for_a_day_more_on_both_sides():
    body = multistatus.query(*Window(date(2026, 11, 2), date(2026, 11, 3)).padded())
    assert b'start="20261031T150000Z" end="20261103T150000Z"' in body
