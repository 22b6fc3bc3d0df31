"""What was taken back."""

from sudare.domain.revocation import Revocation, Subject


def test_a_revocation_is_a_value():
    assert Revocation(1, Subject.PERSON, "p") == Revocation(1, Subject("person"), "p")
