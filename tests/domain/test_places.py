"""Connectors and targets."""

import pytest

from sudare.base.errors import SudareError
from sudare.domain.places import Offer, Target, split_target, usable_offers


def test_a_target_is_named_by_connector_and_id():
    target = Target("main", "k1", "pc.1", "vnc", "A", offered=True, record=False, watermark=False, sound=False)

    assert split_target(target.id) == ("k1", "pc.1")
    assert split_target("k1") == ("k1", "api")


@pytest.mark.parametrize("name", ["", "~", "k1~", "~a", "k1~a~b", "../x", "k1~a/b", "k1~" + "x" * 65])
def test_other_names_are_unknown(name):
    with pytest.raises(SudareError, match=r"caller\.not-found"):
        split_target(name)


def test_offers_that_cannot_be_named_or_served_are_left_out():
    offers = [Offer("a", "vnc", "A"), Offer("a", "rdp", "B"), Offer("../b", "vnc", "B"), Offer("c", "ssh", "C")]

    assert usable_offers(offers) == [Offer("a", "vnc", "A")]


@pytest.mark.parametrize("name", ["", " ", "a\0b", "a\nb", "x" * 200, "\ud800"])
def test_a_name_that_cannot_be_shown_gives_way_to_the_id(name):
    assert usable_offers([Offer("a", "vnc", name)]) == [Offer("a", "vnc", "a")]
