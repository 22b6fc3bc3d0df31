"""The whole city hall: groupware with calendars, one PC by RDP, one by VNC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from demo.cityhall.calendars import books
from demo.cityhall.desktops import PC, RDPPC, VNCPC, Look
from demo.cityhall.groupware import Radicale

_MEMO_PLANNING = """台風対策本部 準備会 メモ

1 避難所の開設
   ・第1次 市民センター、中央小学校(16:00 開設)
   ・第2次 各地区公民館(状況により 18:00)
2 職員の参集
   ・企画部は在宅勤務者を含め 12 名
3 広報
   ・防災無線、市公式サイト、緊急速報メール

次回 明日 8:45 庁議室
"""
_MEMO_WELFARE = """福祉課 連絡メモ

・要支援者名簿の確認は本日中
・家庭訪問 3 件(午後)
・窓口の当番は 8:30 から
"""


@dataclass(frozen=True)
class Passwords:
    """Of the groupware, by account, and of the two PCs (eight characters each)."""

    groupware: Mapping[str, str]
    rdp: str
    vnc: str


class CityHall:
    """Starts everything in the constructor, or nothing."""

    def __init__(self, folder: Path, passwords: Passwords, today: date) -> None:
        self._running: list[Radicale | RDPPC | VNCPC] = []
        try:
            self.groupware = Radicale(folder / "groupware", passwords.groupware)
            self._running.append(self.groupware)
            for account, calendars in books(today).items():
                for book in calendars:
                    self.groupware.fill(account, book)
            self.rdp = RDPPC(
                folder / "kikaku-0123", "企画-0123", ("yamada", passwords.rdp), Look("#2f5d62", _MEMO_PLANNING)
            )
            self._running.append(self.rdp)
            self.vnc = VNCPC(folder / "fukushi-0456", "福祉-0456", passwords.vnc, Look("#3d405b", _MEMO_WELFARE))
            self._running.append(self.vnc)
        except BaseException:
            self.stop()
            raise

    @property
    def pcs(self) -> dict[str, PC]:
        """The office PCs by their id at the connector."""
        return {"kikaku-0123": self.rdp, "fukushi-0456": self.vnc}

    def stop(self) -> None:
        """Close the city hall; idempotent."""
        while self._running:
            self._running.pop().stop()
