"""Control connections at a real edge: who is let in, who is not, and what they can do there."""

import asyncio
import contextlib
import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from structlog.testing import capture_logs
from tests.support.browser import Ephemeral
from tests.support.byhand import Office
from tests.support.house import close_frame_of, house

from sudare.base.encoding import b64
from sudare.base.errors import SudareError
from sudare.connector.identity import Identity, new_key, request
from sudare.domain.sessionlag import Quantile
from sudare.gateway.authority import LIFE, ConnectorAuthority
from sudare.runtime import clock
from sudare.runtime.loopdelay import LoopDelay
from sudare.runtime.splice import LIMIT
from sudare.wire.tunnel import gateway_end
from sudare.wire.tunnel import messages as m
from sudare.wire.tunnel.connector_end import Echo

pytestmark = pytest.mark.anyio


def catalogue(identity, *targets, site="本庁舎", seal_key=None):
    return m.Catalogue(site, list(targets), b64(identity.seal_public) if seal_key is None else seal_key)


async def test_a_connector_is_told_the_keys_tickets_are_signed_with():
    async with house(ping_s=7) as h:
        office = await Office.begin(h)

        welcome = await office.hear(m.Welcome)

        assert [(key.kid, key.key) for key in welcome.ticket_keys] == [(kid, b64(key)) for kid, key in h.keys.items()]
        assert (welcome.ping_s, welcome.gateway) == (7, "test")
        assert h.edge.connected("c1")
        assert not h.edge.connected("c2")


async def test_what_it_offers_is_remembered():
    async with house() as h:
        office = await Office.connect(h)

        office.say(catalogue(office.identity, m.Target("pc", "rdp", "企画-0123"), m.Target("api", "api", "本庁舎")))
        await h.directory.until(lambda known: "c1" in known)

        known = h.directory.catalogues["c1"]
        assert (known.site, known.seal_key) == ("本庁舎", office.identity.seal_public)
        assert [(one.id, one.kind, one.name) for one in known.targets] == [
            ("pc", "rdp", "企画-0123"),
            ("api", "api", "本庁舎"),
        ]


async def test_it_is_known_to_be_gone():
    async with house() as h:
        office = await Office.connect(h)
        office.say(catalogue(office.identity))
        await h.directory.until(lambda known: "c1" in known)

        office.writer.close()
        await h.directory.until(lambda known: "c1" not in known)

        assert not h.edge.connected("c1")


async def test_a_newer_connection_takes_the_place_of_the_older():
    async with house() as h:
        older = await Office.connect(h)

        newer = await Office.connect(h, older.identity)

        assert await older.gone() == ""
        _, text = h.ticket(Ephemeral())
        await h.device(text)
        assert (await newer.hear(m.Open)).ticket == text
        assert h.edge.connected("c1")


def of_another_authority(h):
    h.authority, ours = ConnectorAuthority.make(clock.now()), h.authority
    identity = h.identity()
    h.authority = ours
    return {"identity": identity}


def out_of_date(h):
    return {"identity": h.identity(life_from=clock.now() - LIFE.total_seconds() - 60)}


def another_connectors(h):
    return {"identity": h.identity("c2"), "connector": "c1"}


def without_the_key(h):
    return {"identity": h.identity(), "key": new_key()}


def shown_to_somebody_between(h):
    """What an impostor gets when the connector connects to it: a proof for the impostor's own TLS key."""
    return {"identity": h.identity(), "spki": bytes(32)}


def revoked(h):
    h.directory.revoked.add("c1")
    return {}


@pytest.mark.parametrize(
    "who",
    [of_another_authority, out_of_date, another_connectors, without_the_key, shown_to_somebody_between, revoked],
)
async def test_who_cannot_prove_it_is_refused(who):
    async with house() as h:
        with pytest.raises(SudareError) as refused:
            await Office.connect(h, **who(h))

        assert refused.value.code == "denied.connector-proof"
        assert not h.edge.connected("c1")


async def test_who_is_refused_does_not_disturb_who_is_there():
    async with house() as h:
        office = await Office.connect(h)

        with pytest.raises(SudareError):
            await Office.connect(h, **without_the_key(h))

        await office.settled()
        assert h.edge.connected("c1")


def odd_certificate(change):
    key, name = new_key(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "c1")])
    start = dt.datetime.now(dt.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    der = change(certificate.public_bytes(Encoding.DER))
    lines = b64(der).replace("-", "+").replace("_", "/")
    return f"-----BEGIN CERTIFICATE-----\n{lines}{'=' * (-len(lines) % 4)}\n-----END CERTIFICATE-----\n"


def ed25519_certificate():
    key, name = ed25519.Ed25519PrivateKey.generate(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "c1")])
    start = dt.datetime.now(dt.timezone.utc)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = builder.serial_number(1).not_valid_before(start).not_valid_after(start + dt.timedelta(days=1))
    return made.sign(key, None).public_bytes(Encoding.PEM).decode()


@pytest.mark.parametrize(
    "certificate",
    [
        "",
        "x" * 60_000,
        ed25519_certificate(),
        odd_certificate(lambda der: der.replace(bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d027f"))),
        odd_certificate(lambda der: der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020109"))),
        odd_certificate(lambda der: der.replace(bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d04037f"))),
    ],
    ids=["nothing", "noise", "Ed25519", "unknown key", "unknown version", "unknown signature"],
)
async def test_a_certificate_nobody_can_read_is_refused_calmly(certificate):
    async with house() as h:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))
        troubles = []
        office = await Office.begin(h)
        office.writer.write(office.end.data_to_send())
        office.end._certificate = certificate

        with capture_logs() as logs:
            code = await office.gone()

        assert code == "denied.connector-proof"
        assert troubles == []
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == []


@pytest.mark.parametrize(
    "said",
    [
        m.Proof("", ""),
        m.Renew(""),
        m.Refuse("x", "busy.sessions"),
        m.Catalogue("x", [], ""),
        m.Open("x", "y"),
        m.Hello("c1", "b" * 65, [1]),
        m.Hello("c" * 65, "b", [1]),
        m.Hello("", "b", [1]),
    ],
)
async def test_nothing_but_an_introduction_is_listened_to_first(said):
    async with house() as h:
        office = await Office.begin(h)
        office.end.data_to_send()

        office.say(said)

        assert await office.gone() == "caller.malformed"


async def test_another_protocol_is_told_so():
    async with house() as h:
        office = await Office.begin(h)
        office.end.data_to_send()

        office.say(m.Hello("c1", "b", [2]))

        assert await office.gone() == "caller.version"


async def test_noise_is_malformed():
    for noise in (b"\0\xff\n", b"[]\n", b'{"t":"hello"}\n', b"x" * 70_000):
        async with house() as h:
            office = await Office.begin(h)
            office.end.data_to_send()

            office.writer.write(noise)

            assert await office.gone() == "caller.malformed"


async def test_who_says_much_and_proves_nothing_is_gone_in_time(monkeypatch):
    monkeypatch.setattr(gateway_end, "PROOF_S", 0.3)
    async with house() as h:
        office = await Office.begin(h)
        office.end.data_to_send()
        gone = asyncio.ensure_future(office.gone())

        async with asyncio.timeout(10):
            while not gone.done():
                office.writer.write(b"\n")
                await asyncio.wait([gone], timeout=0.02)

        assert gone.result() == "denied.connector-proof"


async def test_who_asks_and_does_not_listen_to_the_answers_is_not_answered_without_end():
    async with house() as h:
        writer = (await Office.connect(h)).writer
        (leg,) = h.edge._legs
        writer.transport.pause_reading()
        pings = m.encode(m.Ping(1)) * 5000
        most = 0

        async with asyncio.timeout(60):
            for _ in range(400):
                writer.write(pings)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(writer.drain(), 0.5)
                most = max(most, leg.transport.get_write_buffer_size())
                if not leg.transport.is_reading():
                    break
        stopped = not leg.transport.is_reading()
        writer.transport.abort()

        assert stopped
        assert most < 4 * LIMIT


async def test_a_revoked_connector_is_cut_and_does_not_come_back():
    async with house() as h:
        office = await Office.connect(h)
        h.directory.revoked.add("c1")

        h.edge.drop("c1")

        assert await office.gone() == "denied.connector-proof"
        with pytest.raises(SudareError) as refused:
            await Office.connect(h, office.identity)
        assert refused.value.code == "denied.connector-proof"
        later = int(clock.now()) + 2
        reader, _ = await h.device(h.ticket(Ephemeral(), iat=later, exp=later + 60)[1])
        assert await close_frame_of(reader) == (4502, "office.connector-away")


async def test_a_connector_revoked_while_the_directory_was_answering_is_not_let_in():
    async with house() as h:
        asked, answer = asyncio.Event(), asyncio.Event()
        admit = h.directory.admit

        async def slow(connector, serial):
            await admit(connector, serial)
            asked.set()
            await answer.wait()

        h.directory.admit = slow
        office = await Office.begin(h)
        coming = asyncio.ensure_future(office.gone())
        await asyncio.wait_for(asked.wait(), 10)

        h.directory.revoked.add("c1")
        h.edge.drop("c1")
        answer.set()

        assert await coming == "denied.connector-proof"
        assert not h.edge.connected("c1")


async def test_a_catalogue_that_is_none_ends_the_connection():
    for seal_key in ("", "A" * 86, "!"):
        async with house() as h:
            office = await Office.connect(h)

            office.say(catalogue(office.identity, seal_key=seal_key))

            assert await office.gone() == "caller.malformed"
            assert h.directory.catalogues == {}


async def test_a_certificate_is_renewed_for_a_new_key_and_lets_its_owner_in():
    async with house() as h:
        office = await Office.connect(h)
        key = new_key()

        office.say(m.Renew(request(key, "c2 would be nice")))
        certificate = (await office.hear(m.Renewed)).certificate

        facts = type(office.identity.facts)("c1", certificate, {}, "", "")
        await Office.connect(h, Identity(key, office.identity.seal, facts))
        assert h.directory.serials == [f"{x509.load_pem_x509_certificate(certificate.encode()).serial_number:x}"]
        with pytest.raises(SudareError):
            await Office.connect(h, Identity(office.identity.key, office.identity.seal, facts))


async def test_a_renewal_for_something_else_is_refused():
    async with house() as h:
        office = await Office.connect(h)

        office.say(m.Renew("x"))

        assert await office.gone() == "caller.malformed"
        assert h.directory.serials == []


async def test_a_leaving_gateway_tells_its_connectors():
    async with house() as h:
        office = await Office.connect(h)

        await h.edge.close()

        assert (await office.hear(m.Drain)).reconnect_after_ms > 0


# -- lag ----------------------------------------------------------------------


async def test_what_a_connectors_sessions_measured_is_kept_under_its_own_name():
    async with house() as h:
        office = await Office.connect(h)

        office.say(m.Lag([m.Measured("s1", 7, (61, 120), (9, 20), (31, 60), (1, 2), (2, 9), (2**53 - 1, 44))]))
        await h.directory.until(lambda _: h.directory.lags)

        ((connector, lag),) = h.directory.lags
        assert (connector, lag.session, lag.keys, lag.total) == ("c1", "s1", 7, Quantile(61, 120))
        assert lag.office == Quantile(3_600_000, 44)


async def test_figures_the_database_cannot_hold_end_the_connection():
    async with house() as h:
        office = await Office.connect(h)

        async def lag(connector, measured):
            del connector, measured
            raise SudareError("caller.malformed", "NUL")

        h.directory.lag = lag
        office.say(m.Lag([m.Measured("s\0", 7, *[(1, 1)] * 6)]))

        assert await office.gone() == "caller.malformed"


async def test_a_pong_says_how_late_the_gateway_is(monkeypatch):
    monkeypatch.setattr(LoopDelay, "ms", 120)
    async with house() as h:
        office = await Office.connect(h)

        office.end._pinged = 5, clock.now()
        office.say(m.Ping(5))

        assert (await office.hear(Echo)).wait_ms == 120
