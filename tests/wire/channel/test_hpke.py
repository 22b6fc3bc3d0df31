"""HPKE against the vectors of RFC 9180, appendix A.3.1."""

from cryptography.hazmat.primitives.asymmetric import ec

from sudare.wire.channel.hpke import public_bytes, setup_recipient, setup_sender

INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
EPHEMERAL = int("4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb", 16)
RECIPIENT = int("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2", 16)
ENC = bytes.fromhex(
    "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
    "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4"
)
PLAIN = bytes.fromhex("4265617574792069732074727574682c20747275746820626561757479")
SEALED = {
    b"Count-0": "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
    b"Count-1": "fa6f037b47fc21826b610172ca9637e82d6e5801eb31cbd3748271affd4ecb06646e0329cbdf3c3cd655b28e82",
}


def key(value):
    return ec.derive_private_key(value, ec.SECP256R1())


def test_the_sender_makes_what_the_rfc_prints():
    enc, context = setup_sender(public_bytes(key(RECIPIENT)), INFO, key(EPHEMERAL))

    assert enc == ENC
    assert context.key.hex() == "868c066ef58aae6dc589b6cfdd18f97e"
    assert context.base_nonce.hex() == "4e0bc5018beba4bf004cca59"
    assert context.export(b"", 32).hex() == "5e9bc3d236e1911d95e65b576a8a86d478fb827e8bdfe77b741b289890490d4d"


def test_the_recipient_opens_what_the_rfc_prints():
    sequence = setup_recipient(ENC, key(RECIPIENT), INFO).sequence()

    assert [sequence.open(bytes.fromhex(sealed), aad) for aad, sealed in SEALED.items()] == [PLAIN, PLAIN]


def test_the_sequence_seals_what_the_rfc_prints():
    sequence = setup_recipient(ENC, key(RECIPIENT), INFO).sequence()

    assert [sequence.seal(PLAIN, aad).hex() for aad in SEALED] == list(SEALED.values())
