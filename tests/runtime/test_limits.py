"""Limits of the process."""

import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src"
LOOK = "from sudare.runtime.limits import open_files; print(open_files(), *__import__('resource').getrlimit(7))"


def test_a_process_gets_all_the_files_it_may_have():
    told = subprocess.run(
        ["/bin/sh", "-c", f'ulimit -Sn 100; ulimit -Hn 200; exec "{sys.executable}" -c "{LOOK}"'],
        env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert told.stdout.split() == ["200", "200", "200"]
