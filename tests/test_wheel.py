"""What is installed from a wheel is whole: the built front end, the C extensions, catalogues and migrations."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_a_wheel_holds_the_front_end_and_the_extensions(tmp_path):
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]

    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())

    for name in ("index.html", "stranger.html", "sw.js", "manifest.webmanifest", "strings/ja.json", "strings/en.json"):
        assert f"sudare/gateway/static/{name}" in held
    assert any(name.startswith("sudare/gateway/static/assets/screen-") for name in held)
    for room in ("sudare/pixels/_native/", "sudare/desktop/rdp/_native/", "sudare/desktop/x11/_native/"):
        assert [name for name in held if name.startswith(room) and name.endswith(".so")], room
    assert "sudare/store/migrations/versions/0001_first.py" in held
    assert "sudare/entry/common_passwords.txt" in held
    assert not [name for name in held if "/tests/" in name or name.endswith(".pem")]
