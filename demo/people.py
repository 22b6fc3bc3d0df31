"""Who works in the demonstration's city hall."""

import secrets
from dataclasses import dataclass

CITY = "さくら市"
SITE = "本庁"
# Syllables lie in the same place on Japanese and American keyboards; twelve of twenty-four are 55 bits.
_SYLLABLES = [first + second for first in "kstnhmyr" for second in "auo"]  # ka ku ko sa su so ...


@dataclass(frozen=True)
class Person:
    """Somebody who signs in; `groupware` says whether they keep a calendar."""

    login: str
    name: str
    yomi: str
    role_ja: str
    role_en: str
    targets: tuple[str, ...] = ()
    groupware: bool = True


ADMIN = Person("admin", "管理者", "かんりしゃ", "情報政策課 管理者", "administrator", groupware=False)
YAMADA = Person(
    "yamada", "山田 花子", "やまだ はなこ", "企画部長", "director of planning", ("kikaku-0123", "fukushi-0456")
)
SATO = Person("sato", "佐藤 健", "さとう けん", "福祉課 係長", "section chief, welfare", ("fukushi-0456",))
STAFF = (YAMADA, SATO)
EVERYBODY = (ADMIN, *STAFF)


def passphrase(words: int = 6) -> str:
    """A long password a person can type."""
    return "-".join("".join(secrets.choice(_SYLLABLES) for _ in range(2)) for _ in range(words))


def pc_password() -> str:
    """Exactly eight characters, all that VNC's password check reads."""
    return "".join(secrets.choice(_SYLLABLES) for _ in range(3)) + f"{secrets.randbelow(90) + 10}"
