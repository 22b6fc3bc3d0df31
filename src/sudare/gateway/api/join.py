"""`POST tunnel/join`: a connector becomes known (docs/wire/tunnel.md)."""

import base64
import binascii

import msgspec
from starlette.responses import Response

from sudare.base.errors import SudareError
from sudare.domain.audit import Kind
from sudare.domain.people import display_name
from sudare.gateway.api.call import Call, answer
from sudare.gateway.api.session import link_hash

CERTIFICATE_S = 7 * 86_400.0
_POINT = 65


class Join(msgspec.Struct, frozen=True):
    """What a connector brings."""

    token: str
    csr: str
    seal_key: str
    proto: list[int]
    name: str = ""  # empty: as the administrator named it


async def join(call: Call) -> Response:
    """
    Its certificate, for a token that is then used up.

    The request is checked whole first, so a mistake in it does not cost the token.
    """
    context, sent = call.context, call.body(Join)
    if 1 not in sent.proto:
        raise SudareError("caller.version")
    name, seal_key = display_name(sent.name) if sent.name else "", _point(sent.seal_key)
    connectors = context.stores.connectors
    # Signing for nobody checks the CSR; the certificate is thrown away.
    context.authority.sign(sent.csr, "nobody", context.here.tenant, call.now)
    connector = await connectors.take_join_token(link_hash(sent.token), call.now)
    certificate, serial = context.authority.sign(sent.csr, connector.id, connector.tenant, call.now)
    name = name or connector.name
    event = call.event(Kind.CONNECTOR_JOINED, connector.id, serial=serial)
    await connectors.joined(
        connector.id, name, seal_key, event, serial=serial, expires=call.now + CERTIFICATE_S, now=call.now
    )
    return answer(
        {
            "connector": connector.id,
            "certificate": certificate,
            "authority": context.authority.certificate_pem,
            "ticket_keys": context.tickets.public_keys(),
            "name": name,
            "gateway": context.here.organisation or context.here.rp_id,
        }
    )


def _point(text: str) -> bytes:
    """An uncompressed point; whether it lies on the curve is the browser's to find out when it seals to it."""
    try:
        point = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SudareError("caller.malformed", "seal_key") from error
    if len(point) != _POINT or point[0] != 4:
        raise SudareError("caller.malformed", "seal_key")
    return point
