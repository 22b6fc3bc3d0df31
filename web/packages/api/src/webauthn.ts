/** Passkeys: the browser's own JSON forms (WebAuthn level 3), or the same by hand where it has none. */

import { fromBase64url, toBase64url } from "@sudare/wire";
import { Problem } from "./problem";

type Json = { [key: string]: unknown };

export const passkeysWork = (): boolean => typeof window.PublicKeyCredential === "function";

export async function getPasskey(options: object): Promise<object> {
  const publicKey = requestOptions(options as Json);
  return toJson(await ask(() => navigator.credentials.get({ publicKey })));
}

export async function createPasskey(options: object): Promise<object> {
  const publicKey = creationOptions(options as Json);
  return toJson(await ask(() => navigator.credentials.create({ publicKey })));
}

async function ask(request: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const credential = await request();
    if (credential) return credential as PublicKeyCredential;
  } catch {
    // the person declined, or there is none: the page offers the other way
  }
  throw new Problem("denied.credentials");
}

function descriptors(list: unknown): PublicKeyCredentialDescriptor[] {
  return ((list ?? []) as Json[]).map((entry) => ({
    ...(entry as unknown as PublicKeyCredentialDescriptor),
    id: fromBase64url(String(entry["id"])),
  }));
}

function requestOptions(options: Json): PublicKeyCredentialRequestOptions {
  if (typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function") {
    return PublicKeyCredential.parseRequestOptionsFromJSON(options as unknown as PublicKeyCredentialRequestOptionsJSON);
  }
  return {
    ...(options as unknown as PublicKeyCredentialRequestOptions),
    challenge: fromBase64url(String(options["challenge"])),
    allowCredentials: descriptors(options["allowCredentials"]),
  };
}

function creationOptions(options: Json): PublicKeyCredentialCreationOptions {
  if (typeof PublicKeyCredential.parseCreationOptionsFromJSON === "function") {
    return PublicKeyCredential.parseCreationOptionsFromJSON(options as unknown as PublicKeyCredentialCreationOptionsJSON);
  }
  const user = options["user"] as Json;
  return {
    ...(options as unknown as PublicKeyCredentialCreationOptions),
    challenge: fromBase64url(String(options["challenge"])),
    user: { ...(user as unknown as PublicKeyCredentialUserEntity), id: fromBase64url(String(user["id"])) },
    excludeCredentials: descriptors(options["excludeCredentials"]),
  };
}

function toJson(credential: PublicKeyCredential): object {
  if (typeof credential.toJSON === "function") return credential.toJSON() as object;
  const { response } = credential;
  const fields: Json = { clientDataJSON: encode(response.clientDataJSON) };
  if (response instanceof AuthenticatorAssertionResponse) {
    fields["authenticatorData"] = encode(response.authenticatorData);
    fields["signature"] = encode(response.signature);
    if (response.userHandle) fields["userHandle"] = encode(response.userHandle);
  } else if (response instanceof AuthenticatorAttestationResponse) {
    fields["attestationObject"] = encode(response.attestationObject);
    fields["transports"] = response.getTransports();
  }
  return {
    id: credential.id,
    rawId: encode(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: fields,
  };
}

function encode(buffer: ArrayBuffer): string {
  return toBase64url(new Uint8Array(buffer));
}
