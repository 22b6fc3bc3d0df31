"""What is on an office PC's screen: Japanese locale, openbox, and a text editor with somebody's memo open."""

import os
import shutil
import subprocess
from pathlib import Path

from demo.cityhall.process import NotReadyError, Process

_SETTINGS = """[org/xfce/mousepad/preferences/view]
font-name='Noto Sans Mono CJK JP 13'
use-default-monospace-font=false
word-wrap=true
show-line-numbers=true
[org/xfce/mousepad/preferences/window]
statusbar-visible=true
path-in-title=false
"""
_OPENBOX = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <theme>
    <name>Clearlooks</name><titleLayout>NLIMC</titleLayout>
    <font place="ActiveWindow"><name>Noto Sans CJK JP</name><size>11</size></font>
    <font place="InactiveWindow"><name>Noto Sans CJK JP</name><size>11</size></font>
    <font place="MenuItem"><name>Noto Sans CJK JP</name><size>11</size></font>
    <font place="MenuHeader"><name>Noto Sans CJK JP</name><size>11</size></font>
  </theme>
  <desktops><number>1</number></desktops>
  <margins><top>28</top><bottom>64</bottom><left>44</left><right>44</right></margins>
  <focus><focusNew>yes</focusNew></focus>
  <placement><policy>Smart</policy><center>yes</center></placement>
  <keyboard>
    <keybind key="A-F4"><action name="Close"/></keybind>
    <keybind key="A-Tab"><action name="NextWindow"/></keybind>
    <keybind key="C-A-t"><action name="Execute"><command>xterm -fa "Noto Sans Mono CJK JP" -fs 12</command></action>
    </keybind>
  </keyboard>
  <mouse>
    <dragThreshold>4</dragThreshold>
    <context name="Titlebar">
      <mousebind button="Left" action="Drag"><action name="Move"/></mousebind>
      <mousebind button="Left" action="DoubleClick"><action name="ToggleMaximize"/></mousebind>
    </context>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="Frame">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="Bottom Left BRCorner BLCorner TRCorner TLCorner Top Right">
      <mousebind button="Left" action="Drag"><action name="Resize"/></mousebind>
    </context>
    <context name="Close"><mousebind button="Left" action="Click"><action name="Close"/></mousebind></context>
    <context name="Maximize">
      <mousebind button="Left" action="Click"><action name="ToggleMaximize"/></mousebind>
    </context>
    <context name="Iconify"><mousebind button="Left" action="Click"><action name="Iconify"/></mousebind></context>
    <context name="Root">
      <mousebind button="Right" action="Press"><action name="ShowMenu"><menu>root-menu</menu></action></mousebind>
    </context>
  </mouse>
  <menu><file>menu.xml</file></menu>
  <applications>
    <application class="Mousepad"><maximized>yes</maximized></application>
  </applications>
</openbox_config>
"""
_MENU = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_menu xmlns="http://openbox.org/3.4/menu"><menu id="root-menu" label="メニュー">
  <item label="テキストエディター"><action name="Execute"><command>mousepad</command></action></item>
  <item label="端末"><action name="Execute">
    <command>xterm -fa "Noto Sans Mono CJK JP" -fs 12</command></action></item>
</menu></openbox_menu>
"""
_MEMO = "企画課 打合せメモ.txt"


class Session:
    """The programs of one desktop, on an X display that is already there."""

    def __init__(self, folder: Path, display: str, *, wallpaper: str, memo: str) -> None:
        home = folder / "home"
        self._log = folder / "session.log"
        self._env = environment(folder, display)
        self._prepare(home, memo)
        self.processes: list[Process] = []
        try:
            self._start(home, wallpaper)
        except BaseException:
            self.stop()
            raise

    def _prepare(self, home: Path, memo: str) -> None:
        files = {
            home / ".config/glib-2.0/settings/keyfile": _SETTINGS,
            home / ".config/openbox/rc.xml": _OPENBOX,
            home / ".config/openbox/menu.xml": _MENU,
            home / _MEMO: memo,
        }
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (home / "run").mkdir(mode=0o700, exist_ok=True)

    def _start(self, home: Path, wallpaper: str) -> None:
        subprocess.run(["xsetroot", "-solid", wallpaper], env=self._env, check=True, timeout=20)
        subprocess.run(["xset", "s", "off"], env=self._env, check=False, timeout=20, stderr=subprocess.DEVNULL)
        self._run("openbox", ["openbox", "--sm-disable", "--config-file", str(home / ".config/openbox/rc.xml")], home)
        self.processes[-1].wait_until(lambda: b"window id #" in self._ask("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"))
        bus = ["dbus-run-session", "--"] if shutil.which("dbus-run-session") else []
        self._run("mousepad", [*bus, "mousepad", str(home / _MEMO)], home)
        self.processes[-1].wait_until(lambda: b"Mousepad" in self._ask("xwininfo", "-root", "-tree"), 40)

    def _run(self, name: str, command: list[str], home: Path) -> None:
        self.processes.append(Process(name, command, self._log, env=self._env, cwd=home))

    def _ask(self, *command: str) -> bytes:
        return subprocess.run(command, env=self._env, capture_output=True, check=False, timeout=20).stdout

    def stop(self) -> None:
        """End the programs; idempotent."""
        for process in reversed(self.processes):
            process.stop()


def environment(folder: Path, display: str) -> dict[str, str]:
    """Of every program on the desktop: its own home, Japanese, and nothing shared with whoever started the demo."""
    home = folder / "home"
    return {
        **os.environ,
        "DISPLAY": display,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "LANG": "ja_JP.UTF-8",
        "LC_ALL": "ja_JP.UTF-8",
        "LANGUAGE": "ja",
        "LOCPATH": str(japanese(folder.parent)),
        "GDK_BACKEND": "x11",
        "GTK_USE_PORTAL": "0",
        "NO_AT_BRIDGE": "1",
        "GSETTINGS_BACKEND": "keyfile",
        "DBUS_SESSION_BUS_ADDRESS": "",
        "WAYLAND_DISPLAY": "",
    }


def japanese(folder: Path) -> Path:
    """A folder with the compiled Japanese locale: ours, so the machine's own locales stay as they are."""
    place = folder / "locale"
    if not (place / "ja_JP.UTF-8" / "LC_CTYPE").exists():
        place.mkdir(parents=True, exist_ok=True)
        command = ["localedef", "--no-archive", "-i", "ja_JP", "-f", "UTF-8", str(place / "ja_JP.UTF-8")]
        done = subprocess.run(command, capture_output=True, check=False, timeout=120)
        if not (place / "ja_JP.UTF-8" / "LC_CTYPE").exists():
            raise NotReadyError(f"localedef: {done.stderr.decode(errors='replace')[:300]}")
    return place
