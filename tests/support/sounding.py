"""
An RDP PC that is heard: xrdp with its own channel server, which is told what to play as its PulseAudio module would.

Debian 12 has no such module, but the module only writes PCM to the channel server's socket, and that is done here.
"""

import contextlib
import ctypes
import os
import socket
import struct
import threading
from pathlib import Path

import numpy as np
from tests.support import desktops as d

SOCKETS = Path("/run/xrdp/sockdir")
RATE = 44_100
BLOCK = RATE // 50


class Player:
    """Plays a tone into the PC, in real time, until it is told something else."""

    def __init__(self, display):
        self._path = SOCKETS / f"xrdp_chansrv_audio_out_socket_{display[1:]}"
        self._over = threading.Event()
        self._hz = 0
        self._thread = None

    def play(self, hz):
        """Play this from now on; 0 is silence."""
        self._hz = hz
        if self._thread is None:
            assert d.wait_until(self._path.exists)  # it is there once the client has opened the channel
            self._line = socket.socket(socket.AF_UNIX)
            self._line.connect(str(self._path))
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def _run(self):
        at = 0
        with contextlib.suppress(OSError):
            while not self._over.wait(BLOCK / RATE):  # the pace of a sound card
                wave = 9000 * np.sin(2 * np.pi * self._hz * (at + np.arange(BLOCK)) / RATE)
                at += BLOCK
                data = np.repeat(wave.astype("<i2"), 2).tobytes()
                self._line.sendall(struct.pack("<II", 0, len(data) + 8) + data)

    def stop(self):
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            self._line.close()


@contextlib.contextmanager
def sounding_xrdp():
    """As `tests.support.desktops.xrdp`, with `pc.player`."""
    with d._folder() as folder, d._stopping([]) as processes:
        cert, key, fingerprint = d.make_certificate(folder)
        log, x_log, port = folder / "xrdp.log", folder / "x.log", d.free_port()
        env = dict(os.environ, XRDP_SOCKET_PATH=str(folder), XRDP_START_WIDTH="800", XRDP_START_HEIGHT="600")
        command = ["Xorg", "-config", "/etc/X11/xrdp/xorg.conf", "-noreset", "-nolisten", "tcp", "-logfile", str(x_log)]
        x, display = d.start_x(command, folder / "x.out", env)
        processes.append(x)
        path = folder / f"xrdp_display_{display[1:]}"
        assert d.wait_until(path.exists), x_log.read_text(errors="replace")[-2000:]
        env = dict(os.environ, DISPLAY=display, HOME=str(folder), XDG_DATA_HOME=str(folder))
        processes.append(d.start(["xrdp-chansrv"], folder / "channels.out", env=env))
        assert d.wait_until((SOCKETS / f"xrdp_chansrv_socket_{display[1:]}").exists)
        ini = folder / "xrdp.ini"
        text = d._XRDP_INI.format(
            port=port, cert=cert, key=key, log=log, socket=path, user="any", password="any", security="tls"
        )
        ini.write_text(text.rstrip() + f"\nchansrvport=DISPLAY({display[1:]})\n")
        processes.append(d.start(["xrdp", "-n", "-c", str(ini)], folder / "xrdp.out"))
        d.wait_for_port(port, processes[-1], folder / "xrdp.out")
        pc = d.PC("127.0.0.1", port, d.PASSWORD, d.USER, display, fingerprint, processes, log)
        pc.player = Player(display)
        try:
            yield pc
        finally:
            pc.player.stop()


def decoded(packets):
    """What Opus packets of 20 ms sound like: one channel, 48,000 samples a second."""
    opus = ctypes.CDLL("libopus.so.0")
    opus.opus_decoder_create.restype = ctypes.c_void_p
    decoder = ctypes.c_void_p(opus.opus_decoder_create(48_000, 2, None))
    out = []
    for packet in packets:
        samples = (ctypes.c_float * (960 * 2))()
        assert opus.opus_decode_float(decoder, packet, len(packet), samples, 960, 0) == 960
        out.append(np.frombuffer(samples, np.float32).reshape(-1, 2)[:, 0].copy())
    opus.opus_decoder_destroy(decoder)
    return np.concatenate(out)


def loudest_hz(samples):
    """The strongest frequency in it."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.fft.rfftfreq(len(samples), 1 / 48_000)[spectrum.argmax()])
