/**
 * HPKE (RFC 9180), mode base, sender's side, on WebCrypto: DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.
 * The twin of `sudare.wire.channel.hpke`; both are checked against appendix A.3 and the same golden vectors.
 */

type Bytes = Uint8Array<ArrayBuffer>;

const text = new TextEncoder();
const VERSION = text.encode("HPKE-v1");
const KEM = Uint8Array.of(...text.encode("KEM"), 0x00, 0x10);
const SUITE = Uint8Array.of(...text.encode("HPKE"), 0x00, 0x10, 0x00, 0x01, 0x00, 0x01);
const CURVE = { name: "ECDH", namedCurve: "P-256" } as const;

export function concat(...parts: Uint8Array[]): Bytes {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

async function hmac(key: Bytes, data: Bytes): Promise<Bytes> {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}

function extract(suite: Bytes, salt: Bytes, label: string, ikm: Bytes): Promise<Bytes> {
  return hmac(salt.length ? salt : new Uint8Array(32), concat(VERSION, suite, text.encode(label), ikm));
}

/** HKDF-Expand (RFC 5869 2.3) of at most 32 bytes: one block is enough for this suite. */
async function expand(suite: Bytes, prk: Bytes, label: string, info: Bytes, length: number): Promise<Bytes> {
  const labeled = concat(Uint8Array.of(length >> 8, length & 255), VERSION, suite, text.encode(label), info);
  return (await hmac(prk, concat(labeled, Uint8Array.of(1)))).slice(0, length);
}

/** One direction: an AES-128-GCM key whose nonce counts, RFC 9180 5.2. Calls must not overlap. */
export class Sequence {
  private count = 0;

  private constructor(
    private readonly key: CryptoKey,
    private readonly nonce: Bytes,
  ) {}

  static async of(key: Bytes, nonce: Bytes): Promise<Sequence> {
    return new Sequence(await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]), nonce);
  }

  private parameters(aad: Bytes): AesGcmParams {
    const iv = this.nonce.slice();
    new DataView(iv.buffer).setUint32(8, new DataView(iv.buffer).getUint32(8) ^ this.count);
    this.count += 1;
    return { name: "AES-GCM", iv, additionalData: aad };
  }

  async seal(plain: Bytes, aad: Bytes = new Uint8Array()): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.encrypt(this.parameters(aad), this.key, plain));
  }

  async open(sealed: Bytes, aad: Bytes = new Uint8Array()): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.decrypt(this.parameters(aad), this.key, sealed));
  }
}

export interface Context {
  sequence: Sequence;
  export(label: string, length: number): Promise<Bytes>;
}

export function generateEphemeral(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(CURVE, false, ["deriveBits"]) as Promise<CryptoKeyPair>;
}

export async function publicBytes(key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", key));
}

/** (enc, context) for a recipient's uncompressed P-256 point; the ephemeral key must be used once only. */
export async function setupSender(
  recipient: Bytes,
  info: Bytes,
  ephemeral: CryptoKeyPair,
): Promise<{ enc: Bytes; context: Context }> {
  const enc = await publicBytes(ephemeral.publicKey);
  const peer = await crypto.subtle.importKey("raw", recipient, CURVE, true, []);
  const dh = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: peer }, ephemeral.privateKey, 256));
  const none = new Uint8Array();
  const eae = await extract(KEM, none, "eae_prk", dh);
  const shared = await expand(KEM, eae, "shared_secret", concat(enc, recipient), 32);
  const pskId = await extract(SUITE, none, "psk_id_hash", none);
  const context = concat(Uint8Array.of(0), pskId, await extract(SUITE, none, "info_hash", info));
  const secret = await extract(SUITE, shared, "secret", none);
  const exporter = await expand(SUITE, secret, "exp", context, 32);
  const sequence = await Sequence.of(
    await expand(SUITE, secret, "key", context, 16),
    await expand(SUITE, secret, "base_nonce", context, 12),
  );
  return {
    enc,
    context: { sequence, export: (label, length) => expand(SUITE, exporter, "sec", text.encode(label), length) },
  };
}
