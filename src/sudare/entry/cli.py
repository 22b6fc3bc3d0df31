"""The `sudare` command: `sudare gateway ...`, `sudare connector ...` and `sudare recording ...`."""

import json
import os
import sys
from importlib.resources import files

from cyclopts import App

from sudare.base.errors import SudareError
from sudare.entry import cli_connector, cli_gateway

app = App(name="sudare", help="Sudare: see through, take nothing through.")
app.command(cli_gateway.app)
app.command(cli_connector.app)
# Imported when used: a gateway has no use for it.
app.command("sudare.entry.cli_recording:app", name="recording", help="Recordings of sessions: verification, playing.")


def main(arguments: list[str] | None = None) -> None:
    """Run the command; a failure is told in words on standard error. Files it makes are their owner's alone."""
    os.umask(0o077)
    try:
        app(sys.argv[1:] if arguments is None else arguments)
    except SudareError as error:
        print(f"sudare: {_sentence(error.code)} ({error.code})", error.detail, sep="\n", file=sys.stderr)
        sys.exit(1)


def _sentence(code: str) -> str:
    """The code in the language of the terminal, from the catalogues the portal is built with."""
    language = "ja" if (os.environ.get("LC_ALL") or os.environ.get("LANG", "")).startswith("ja") else "en"
    catalogue = files("sudare.gateway") / "static" / "strings" / f"{language}.json"
    if not catalogue.is_file():  # a tree whose front end was not built
        return code
    told: dict[str, str] = json.loads(catalogue.read_text(encoding="utf-8"))
    return told.get(f"problem.{code}", code)


if __name__ == "__main__":
    main()
