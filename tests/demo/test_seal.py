from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from demo.seal import seal


def test_what_the_demo_seals_another_implementation_opens():
    key = ec.generate_private_key(ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    sealed = seal(point, b"info", b"", "ひみつ".encode())
    suite = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
    assert suite.decrypt(sealed, key, info=b"info").decode() == "ひみつ"
