"""The process of one session: `python -m sudare.entry.worker FD LOG`, started by the connector, never by hand."""

import asyncio
import resource
import sys

from sudare.connector.worker.main import serve
from sudare.runtime import clock, logs

_MEMORY = 2 << 30


def main() -> None:
    """Limit ourselves, then serve one session."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    logs.configure(level=sys.argv[2], json=True)
    asyncio.run(serve(int(sys.argv[1]), clock.monotonic))


if __name__ == "__main__":
    main()
