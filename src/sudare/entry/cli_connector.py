"""`sudare connector ...`: the office side. Its parts are imported only when used, so a gateway needs none of them."""

from pathlib import Path
from typing import Annotated, Literal

import uvloop
from cyclopts import App, Parameter

from sudare.base.secret import Secret
from sudare.runtime import logs

Log = Annotated[Literal["debug", "info", "warning", "error"], Parameter(help="How much is told on standard error.")]
Dir = Annotated[Path, Parameter(name="--dir", help="Where its configuration and keys lie.")]

app = App(name="connector", help="The office side: dials out to the gateway and hosts the sessions.")


@app.command
def join(
    url: str,
    token: str,
    /,
    *,
    directory: Dir,
    name: str = "",
    pin: str = "",
    accept_fingerprint: str = "",
) -> None:
    """Join a gateway with the one-use token its administrator made."""
    from sudare.entry import connector  # noqa: PLC0415 - the office side is not needed to run a gateway

    identity = uvloop.run(connector.join(url, Secret(token), directory, name=name, pin=pin or accept_fingerprint))
    print(f"{identity.facts.name}: {identity.facts.connector}")
    print(f"{directory / connector.CONFIG}: [[target]], [schedule]; sudare connector run --dir {directory}")


@app.command
def run(*, directory: Dir, log: Log = "info") -> None:
    """Dial the gateway and serve until told to stop."""
    from sudare.entry import connector  # noqa: PLC0415 - as above

    logs.configure(level=log)
    uvloop.run(connector.run(directory))
