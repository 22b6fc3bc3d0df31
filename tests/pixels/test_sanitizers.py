import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NATIVE = HERE.parents[1] / "src/sudare/pixels/_native"


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no compiler")
def test_the_c_code_is_clean_under_the_address_and_undefined_behaviour_sanitizers(tmp_path):
    program = tmp_path / "stress"
    flags = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined"]
    sources = [HERE / "stress.c", *NATIVE.glob("[a-z]*.c")]
    libraries = ["-lturbojpeg", "-laom", "-lopenh264"]
    subprocess.run(
        ["gcc", *flags, "-fno-sanitize-recover=all", f"-I{NATIVE}", *sources, "-o", program, *libraries],
        check=True,
        timeout=60,
    )

    done = subprocess.run([program], capture_output=True, text=True, timeout=120, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")
