"""`connector.toml`: what is read, and every mistake at once."""

import pytest
from tests.support.house import self_signed

from sudare.base.errors import SudareError
from sudare.connector.config import Target, Worker
from sudare.connector.officedesk import ScheduleSettings
from sudare.connector.recording.keys import make
from sudare.entry.connector_config import load

PIN = "sha256:" + "0a" * 32
WHOLE = f"""
[connector]
gateway = "https://telework.example.lg.jp"
name = "本庁"
state = "keys"

[line]
kbit = 200000

[worker]
sandbox = "none"
limit = 12

[schedule]
url = "https://groupware.example.lg.jp/"
account = "{{account}}@example.lg.jp"
authority = "office-ca.pem"

[[target]]
id = "kikaku-0123"
name = "企画-0123"
kind = "rdp"
host = "10.1.2.3"
domain = "CITY"
certificate = "{PIN}"

[[target]]
id = "vnc.1_a"
name = "試験"
kind = "vnc"
host = "127.0.0.1"
port = 5901
certificate = "none"
resize = false
"""
SMALL = '[connector]\ngateway = "https://g.example"\nname = "本庁"\n'


def read(folder, text):
    path = folder / "connector.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def mistakes(folder, text):
    with pytest.raises(SudareError) as failure:
        read(folder, text)
    assert failure.value.code == "caller.configuration"
    start = f"{folder / 'connector.toml'}: "
    lines = failure.value.detail.split("\n")
    assert all(line.startswith(start) for line in lines)
    return [line.removeprefix(start) for line in lines]


def test_everything_that_is_said_is_read(tmp_path):
    authority = tmp_path / "office-ca.pem"
    self_signed(tmp_path)[0].rename(authority)

    config = read(tmp_path, WHOLE)

    assert (config.gateway, config.name) == ("https://telework.example.lg.jp", "本庁")
    assert config.state == tmp_path / "keys"
    assert config.line_kbit == 200_000
    assert config.worker == Worker("none", 12)
    assert config.schedule == ScheduleSettings(
        "https://groupware.example.lg.jp/", "caldav", "{account}@example.lg.jp", "person", str(authority)
    )
    assert config.targets == (
        Target("kikaku-0123", "企画-0123", "rdp", "10.1.2.3", 3389, PIN, "CITY"),
        Target("vnc.1_a", "試験", "vnc", "127.0.0.1", 5901, "none", "", resize=False),
    )


def test_what_is_not_said_is_the_careful_choice(tmp_path):
    config = read(tmp_path, SMALL + '[[target]]\nid = "a"\nname = "a"\nkind = "vnc"\nhost = "h"\n')

    assert config.line_kbit is None
    assert (config.worker, config.schedule, config.state) == (Worker("bubblewrap", 200), None, tmp_path / "state")
    assert config.targets == (Target("a", "a", "vnc", "h", 5900, "first-use"),)


def test_a_display_of_this_host_is_a_target(tmp_path):
    config = read(
        tmp_path,
        SMALL
        + '[[target]]\nid = "a"\nname = "a"\nkind = "x11"\ndisplay = ":20"\nauthority = "run/Xauthority"\n'
        + "resize = false\n"
        + '[[target]]\nid = "b"\nname = "b"\nkind = "x11"\ndisplay = ":0.0"\n',
    )

    authority = tmp_path / "run/Xauthority"
    assert config.targets == (
        Target("a", "a", "x11", "", 0, resize=False, display=":20", authority=authority),
        Target("b", "b", "x11", "", 0, display=":0.0"),
    )
    assert [one.asks_password for one in config.targets] == [False, False]


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("", "[target 1] display:"),
        ('display = "pc:0"', "[target 1] display:"),
        ('display = ":0"\nhost = "10.0.0.1"', "[target 1] host:"),
        ('display = ":0"\ncertificate = "none"', "[target 1] certificate:"),
    ],
)
def test_a_display_elsewhere_is_none(tmp_path, line, place):
    told = mistakes(tmp_path, SMALL + f'[[target]]\nid = "a"\nname = "a"\nkind = "x11"\n{line}\n')

    assert [one for one in told if one.startswith(place)] == told


def test_a_pc_on_the_network_has_no_display(tmp_path):
    pc = '[[target]]\nid = "a"\nname = "a"\nkind = "vnc"\nhost = "h"\ndisplay = ":0"\n'

    assert mistakes(tmp_path, SMALL + pc) == ["[target 1] display: is not a setting"]


def test_every_mistake_is_told_at_once_with_its_place(tmp_path):
    told = mistakes(
        tmp_path,
        """
        surprise = 1
        [connector]
        gateway = "http://g.example"
        name = 5
        colour = "red"
        [worker]
        sandbox = "docker"
        limit = 0
        [schedule]
        url = "ftp://x"
        authority = "nowhere.pem"
        [[target]]
        id = "a b"
        kind = "ssh"
        host = ""
        port = 70000
        [[target]]
        id = "api"
        name = "x"
        kind = "rdp"
        host = "10.0.0.1"
        certificate = "none"
        resize = "yes"
        [[target]]
        id = "twice"
        name = "x"
        kind = "vnc"
        host = "10.0.0.1"
        certificate = "none"
        [[target]]
        id = "twice"
        name = "x"
        kind = "vnc"
        host = "h"
        certificate = "sha256:00"
        """,
    )

    for place in (
        "[connector] gateway:",
        "[connector] name:",
        "[connector] colour:",
        "[worker] sandbox:",
        "[worker] limit:",
        "[schedule] url:",
        "[schedule] authority:",
        "[target 1] id:",
        "[target 1] name:",
        "[target 1] kind:",
        "[target 1] host:",
        "[target 1] port:",
        "[target 2] id:",
        "[target 2] certificate:",
        "[target 2] resize:",
        "[target 3] certificate:",
        "[[target]]: twice",
        "[target 4] certificate:",
        "[surprise]:",
    ):
        assert [line for line in told if line.startswith(place)], place
    assert len(told) == len(set(told)) == 19


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "[connector] gateway:"),
        ('connector = "x"', "[connector]:"),
        (SMALL + "worker = 5", "[connector] worker:"),
        (SMALL + "[target]\nid = 1", "[[target]]:"),
        ("target = [5]\n" + SMALL, "[target 1]:"),
        (SMALL + "[worker]\nlimit = true", "[worker] limit:"),
        (SMALL.replace("https://g.example", "https://"), "[connector] gateway:"),
        (SMALL.replace("https://g.example", "https://g.example/path"), "[connector] gateway:"),
        (SMALL.replace("https://g.example", "https://g.example:port"), "[connector] gateway:"),
        (SMALL.replace("本庁", ""), "[connector] name:"),
        (SMALL.replace("本庁", "本\\u0007庁"), "[connector] name:"),
        (SMALL + '[schedule]\nurl = "https://x"\naccount = "shared"', "[schedule] account:"),
        (SMALL + '[schedule]\nurl = "https://x"\nkind = "garoon"', "[schedule] kind:"),
        (SMALL + "[schedule]", "[schedule] url:"),
        (SMALL + "[line]", "[line] kbit:"),
        (SMALL + "[line]\nkbit = 20", "[line] kbit:"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path, text, place):
    assert [line for line in mistakes(tmp_path, text) if line.startswith(place)]


@pytest.mark.parametrize("text", ["[connector\n", "\ud7ff = 1", 'a = "\x00"'])
def test_what_is_no_toml_is_told_with_its_line(tmp_path, text):
    assert "line 1" in mistakes(tmp_path, text)[0]


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path):
    with pytest.raises(SudareError) as gone:
        load(tmp_path / "connector.toml")
    assert "connector join" in gone.value.detail

    (tmp_path / "connector.toml").write_bytes(b"\xff")
    with pytest.raises(SudareError) as noise:
        load(tmp_path / "connector.toml")
    assert noise.value.code == "caller.configuration"


@pytest.fixture
def recording(tmp_path):
    make(tmp_path)

    def act(text):
        (tmp_path / "connector.toml").write_text(f'[connector]\ngateway = "https://gw.test"\nname = "c"\n{text}')
        return load(tmp_path / "connector.toml").recording

    return act


def test_without_the_table_nothing_is_recorded(recording):
    assert recording("") is None


def test_recordings_lie_beside_the_file_and_are_required_unless_it_says_otherwise(recording, tmp_path):
    strict = recording('[recording]\ndirectory = "recordings"\nkey = "recording.pub"\n')
    lenient = recording('[recording]\ndirectory = "/srv/r"\nkey = "recording.pub"\nrequired = false\n')

    assert (strict.directory, strict.required) == (tmp_path / "recordings", True)
    assert (str(lenient.directory), lenient.required) == ("/srv/r", False)
    assert strict.key.public_numbers() == lenient.key.public_numbers()


def test_mistakes_about_recordings_are_told_with_the_others(recording):
    with pytest.raises(SudareError) as caught:
        recording('[recording]\ndirectory = "r"\nkey = "recording.key"\nrequird = true\n')

    assert "recording.key" in caught.value.detail
    assert "requird" in caught.value.detail
    with pytest.raises(SudareError, match="is missing"):
        recording("[recording]\n")
