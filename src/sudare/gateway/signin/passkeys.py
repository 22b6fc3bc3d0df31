"""
Passkeys (WebAuthn level 3): discoverable, the person verified, attestation "none", signature counter watched.

INVARIANT: the expected origin and relying party follow the gateway's configured address, never the request.
"""

import base64
import json
from dataclasses import dataclass
from typing import Any

import webauthn
from webauthn.helpers import options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from sudare.base.errors import SudareError
from sudare.domain.people import Credential, Person

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What registration gave."""

    external: str
    public_key: str
    counter: int


class Passkeys:
    """The relying party."""

    def __init__(self, rp_id: str, origin: str) -> None:
        self._rp_id = rp_id
        self._origin = origin

    def signin_options(self, challenge: bytes) -> Json:
        """PublicKeyCredentialRequestOptionsJSON; the authenticator knows who is there, so no login is asked."""
        options = webauthn.generate_authentication_options(
            rp_id=self._rp_id, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
        )
        return _json(options_to_json(options))

    def registration_options(
        self, challenge: bytes, person: Person, organisation: str, known: list[Credential]
    ) -> Json:
        """PublicKeyCredentialCreationOptionsJSON; authenticators that hold one already are left out."""
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=organisation or "Sudare",
            user_id=person.id.encode(),
            user_name=person.login,
            user_display_name=person.name,
            challenge=challenge,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                require_resident_key=True,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=_bytes(one.external)) for one in known if one.external
            ],
        )
        return _json(options_to_json(options))

    def registered(self, unverified_credential: Json, challenge: bytes) -> NewPasskey:
        """A new passkey. Raises `denied.credentials`."""
        try:
            done = webauthn.verify_registration_response(
                credential=unverified_credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
        except _BAD as error:
            raise SudareError("denied.credentials", f"registration: {type(error).__name__}") from error
        return NewPasskey(_text(done.credential_id), _text(done.credential_public_key), done.sign_count)

    def counter_after(self, unverified_credential: Json, challenge: bytes, known: Credential) -> int:
        """The signature counter of a right assertion. Raises `denied.credentials`."""
        try:
            _check_owner(unverified_credential, known)
            done = webauthn.verify_authentication_response(
                credential=unverified_credential,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=_bytes(known.data),
                credential_current_sign_count=known.counter,
                require_user_verification=True,
            )
        except _BAD as error:
            raise SudareError("denied.credentials", f"assertion: {type(error).__name__}") from error
        return done.new_sign_count


# The library lets a malformed structure end in any of the plain errors besides its own.
_BAD = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError)


def _check_owner(unverified_credential: Json, known: Credential) -> None:
    """The user handle inside must be the person the passkey was registered for (WebAuthn 7.2 step 6)."""
    handle = unverified_credential["response"].get("userHandle")
    if handle is None or _bytes(handle) != known.person.encode():
        raise ValueError("user handle")


def _json(text: str) -> Json:
    value: Json = json.loads(text)
    return value


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _bytes(text: str | None) -> bytes:
    return base64.urlsafe_b64decode((text or "") + "=" * (-len(text or "") % 4))
