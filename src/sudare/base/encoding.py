"""base64url without padding (RFC 4648 5): how every binary value stands in our JSON."""

import base64


def b64(data: bytes) -> str:
    """The text."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes; exactly one text stands for them. Raises ValueError for any other."""
    if not text.isascii():
        raise ValueError("not ASCII")
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64(data) != text:
        raise ValueError("not canonical base64url")
    return data
