"""
Every fuzz target runs here for a number of inputs, from the golden vectors on; longer by hand: see run.py.

The seed is fixed: a run that passed passes again, and a finding can be repeated.
"""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TARGETS = sorted(path.stem for path in HERE.glob("fuzz_*.py"))
RUNS = 20_000
MEMORY_MB = 512
ONE_INPUT_S = 60  # libFuzzer calls it a hang; inputs take milliseconds, machines may be busy


def fuzz(target, tmp_path, *options):
    """One run of a target in a process of its own."""
    command = [
        # A child begins with its parent's peak of memory (getrusage), and libFuzzer would hold pytest's against it:
        # a shell in between forks anew.
        "sh", "-c", '"$@"; exit $?', "sh",
        sys.executable, "-m", "tests.fuzz.run", target, f"-runs={RUNS}", "-seed=1", f"-rss_limit_mb={MEMORY_MB}",
        f"-timeout={ONE_INPUT_S}", f"-artifact_prefix={tmp_path}/", "-print_final_stats=1", *options,
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=900, check=False)


def test_whatever_reads_a_strangers_bytes_has_a_target():
    assert set(TARGETS) >= {
        "fuzz_certificate",
        "fuzz_channel",
        "fuzz_head",
        "fuzz_late",
        "fuzz_recording",
        "fuzz_rfb",
        "fuzz_screen_inputs",
        "fuzz_screen_records",
        "fuzz_ticket",
        "fuzz_tunnel",
        "fuzz_websocket",
    }


@pytest.mark.parametrize("target", TARGETS)
def test_every_seed_passes(target):
    module = importlib.import_module(f"tests.fuzz.{target}")
    seeds = list(module.seeds())

    for seed in seeds:
        module.one(seed)

    assert len(seeds) >= 4


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_a_stranger_may_send_breaks_it(target, tmp_path):
    done = fuzz(target, tmp_path)

    assert done.returncode == 0, done.stderr[-4000:]
    executed = re.search(r"stat::number_of_executed_units: (\d+)", done.stderr)
    assert executed is not None
    assert int(executed[1]) >= RUNS  # it may finish what it began with
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("planted", "said"),
    [("planted_crash", "ValueError: planted"), ("planted_leak", "out-of-memory"), ("planted_hang", "timeout")],
)
def test_a_planted_bug_is_found_and_its_input_kept(planted, said, tmp_path):
    done = fuzz(planted, tmp_path, "-timeout=2")

    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert len(list(tmp_path.iterdir())) == 1
