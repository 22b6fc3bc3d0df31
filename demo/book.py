"""What one demonstration remembers from run to run, in one file only its owner may read."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from demo.people import EVERYBODY, passphrase, pc_password


@dataclass
class Book:
    """Passwords, and how far the installation got."""

    people: dict[str, str] = field(default_factory=lambda: {p.login: passphrase() for p in EVERYBODY})
    groupware: dict[str, str] = field(
        default_factory=lambda: {p.login: passphrase(4) for p in EVERYBODY if p.groupware}
    )
    rdp: str = field(default_factory=pc_password)
    vnc: str = field(default_factory=pc_password)
    links: dict[str, str] = field(default_factory=dict)
    ready: list[str] = field(default_factory=list)
    joined: float = 0.0  # Unix seconds; 0 is never
    port: int = 0

    def write(self, folder: Path) -> None:
        """Keep it."""
        path = folder / "demo.json"
        path.touch(0o600)
        path.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1))


def open_book(folder: Path) -> Book:
    """The earlier run's book, or a new one."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "demo.json"
    book = Book(**json.loads(path.read_text())) if path.exists() else Book()
    book.write(folder)
    return book
