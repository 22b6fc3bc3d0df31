from sudare.desktop.rfb import messages
from sudare.desktop.rfb.messages import Encoding


def test_messages_are_as_long_as_the_protocol_says():
    assert len(messages.pixel_format()) == 20
    assert len(messages.encodings([Encoding.RAW, Encoding.FENCE])) == 4 + 8
    assert len(messages.update_request(1, 1, incremental=True)) == 10
    assert len(messages.key(0x61, down=True)) == 8
    assert len(messages.pointer(1, 2, 3)) == 6
    assert len(messages.continuous(1, 1, on=True)) == 10
    assert len(messages.fence(1, b"abc")) == 9 + 3
    assert len(messages.desktop_size(800, 600, (1, 2))) == 8 + 16


def test_a_key_message_names_its_keysym():
    assert messages.key(0x0102FF0D, down=True) == bytes([4, 1, 0, 0, 1, 2, 0xFF, 0x0D])


def test_a_size_message_names_the_screen_the_server_gave():
    message = messages.desktop_size(800, 600, (7, 9))

    assert message[:8] == bytes([251, 0, 3, 32, 2, 88, 1, 0])
    assert message[8:12] == b"\0\0\0\x07"
    assert message[-4:] == b"\0\0\0\x09"
