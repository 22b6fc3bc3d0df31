from sudare.desktop.rfb.client import RFBClient
from sudare.desktop.source import Damage, DesktopSource


def test_fresh_damage_says_nothing_changed():
    damage = Damage()

    assert (damage.resized, damage.copies, damage.rects, damage.cursor) == (False, [], [], None)


def test_the_rfb_machine_has_all_that_a_source_has():
    wanted = {name for name in vars(DesktopSource) if not name.startswith("_")}

    assert wanted <= set(dir(RFBClient))
