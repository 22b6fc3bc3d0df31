"""
The demonstration: starts the little city hall and Sudare, tells what to try, and on Ctrl-C stops everything it started.

    script/demo [--port N] [--fresh] [--ready-file PATH] [--dir DIR]
"""

import argparse
import datetime as dt
import json
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from demo import people
from demo.book import Book, open_book
from demo.cityhall.city import CityHall, Passwords
from demo.cityhall.process import NotReadyError, answers
from demo.installation import ROOT, Installation, ready_file

_JST = dt.timezone(dt.timedelta(hours=9))


def main() -> int:
    """Run until told to stop; the exit status."""
    options = _options()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    folder: Path = options.dir.resolve()
    if options.fresh and folder.exists():
        if not (folder / "demo.json").exists() and any(folder.iterdir()):
            print(f"{folder} is not a demonstration's folder; it stays as it is.", file=sys.stderr)
            return 1
        shutil.rmtree(folder)
    try:
        return _run(folder, options.port, options.ready_file)
    except NotReadyError as error:
        print(f"\n{error}\n\nログ / logs: {folder}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\n終了しました。 Stopped.")
        return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/demo", description="Sudare with a whole little city hall behind it.")
    parser.add_argument("--port", type=int, default=0, help="of the gateway (8443, or the earlier run's)")
    parser.add_argument("--fresh", action="store_true", help="forget the earlier run")
    parser.add_argument("--ready-file", type=Path, help="write addresses and passwords here as JSON once all is up")
    parser.add_argument("--dir", type=Path, default=ROOT / ".demo", help="where everything is kept (.demo)")
    return parser.parse_args()


def _run(folder: Path, port: int, told: Path | None) -> int:
    book = open_book(folder)
    book.port = port or book.port or 8443
    book.write(folder)
    if answers(book.port):
        raise NotReadyError(f"Port {book.port} is in use; try --port N.")
    started = time.monotonic()
    print("小さな市役所を起動しています… Starting the little city hall …", flush=True)
    passwords = Passwords(book.groupware, book.rdp, book.vnc)
    city = CityHall(folder / "cityhall", passwords, dt.datetime.now(_JST).date())
    try:
        print("Sudare を起動しています… Starting Sudare …", flush=True)
        installation = Installation(folder, book, city.pcs, city.groupware.url)
        installation.start()
        try:
            if told is not None:
                told.touch(0o600)
                told.write_text(json.dumps(ready_file(book, installation, city), ensure_ascii=False, indent=1))
            print(_guide(book, installation.url, time.monotonic() - started), flush=True)
            return _watch(installation)
        finally:
            if told is not None:
                told.unlink(missing_ok=True)
            installation.stop()
    finally:
        city.stop()


def _watch(installation: Installation) -> int:
    while not (ended := installation.check()):
        time.sleep(0.5)
    raise NotReadyError(f"{ended} has ended.")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _guide(book: Book, url: str, seconds: float) -> str:
    rows = [f"  {p.login:<8}{book.people[p.login]:<38}{p.name}({p.role_ja}) {p.role_en}" for p in people.EVERYBODY]
    yamada, sato = people.YAMADA.login, people.SATO.login
    return "\n".join(
        [
            "",
            f"  {url}     ({seconds:.0f} s)",
            "",
            "  証明書は試用の自己署名です(ブラウザーの警告は「続行」)。",
            "  The certificate is self-signed, for trial: let the browser go on.",
            "",
            "  利用者 / people",
            *rows,
            "",
            "  職場のパソコンのパスワード / passwords of the office PCs",
            f"  企画-0123 (RDP)  {yamada} / {book.rdp}      福祉-0456 (VNC)  {book.vnc}",
            "  グループウェアのパスワード / groupware passwords",
            f"  {yamada} / {book.groupware[yamada]}     {sato} / {book.groupware[sato]}",
            "",
            "  試すこと / what to try",
            f"  1. {yamada} でサインイン → 今日の予定(保存済みの暗号化パスワードで)/ sign in as {yamada}: today's plan",
            "  2. 「企画-0123」につなぐ → メモに入力 / connect to 企画-0123 and type into the memo",
            "  3. わざと違うパスワードを入れる / give a wrong PC password on purpose",
            f"  4. {sato} で予定を開く → パスワードを求められる / as {sato}, the schedule asks for a password",
            "  5. 管理者の操作はコマンドで / administer by command: sudare gateway person list --dir .demo/gateway",
            "",
            "  終了は Ctrl-C / Ctrl-C stops everything that was started here.",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
