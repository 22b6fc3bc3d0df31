"""The `sudare` command: `sudare gateway ...` and `sudare connector ...`."""

import sys

from cyclopts import App

from sudare.base.errors import SudareError
from sudare.entry import cli_connector, cli_gateway

app = App(name="sudare", help="Sudare: see through, take nothing through.")
app.command(cli_gateway.app)
app.command(cli_connector.app)


def main(arguments: list[str] | None = None) -> None:
    """Run the command; a failure is told in words on standard error."""
    try:
        app(sys.argv[1:] if arguments is None else arguments)
    except SudareError as error:
        print(f"sudare: {error.code}", *filter(None, [error.detail]), sep="\n", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
