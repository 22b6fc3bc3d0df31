"""
Runs the peer benchmark of browser remote desktops with Sudare's adapters beside the peers'.

    python bench/peers.py HARNESS run --targets sudare-vnc,sudare-rdp,novnc --profiles ftth,lte,poor
    python bench/peers.py HARNESS table

HARNESS is the folder of the benchmark (its bench.py, adapters/, shaper.c). Needs root: it makes two network namespaces.
"""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Put our adapters beside the harness's own and hand over the command line."""
    harness = Path(sys.argv[1]).resolve()
    sys.path[:0] = [str(harness), str(HERE.parent)]
    import adapters  # noqa: PLC0415 (found only now)

    adapters.__path__.append(str(HERE / "adapters"))
    sys.argv = [str(harness / "bench.py"), *sys.argv[2:]]
    runpy.run_path(str(harness / "bench.py"), run_name="__main__")


if __name__ == "__main__":
    main()
