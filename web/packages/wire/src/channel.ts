/**
 * The browser's end of the channel (docs/wire/channel.md), and office secrets sealed for one connector, person and target.
 * INVARIANT: messages are sealed and opened strictly in order; a promise chain keeps it.
 */

import { concat, generateEphemeral, publicBytes, Sequence, setupSender } from "./hpke";
import { toBase64url } from "./encoding";

type Bytes = Uint8Array<ArrayBuffer>;
const text = new TextEncoder();

export interface Ephemeral {
  keyPair: CryptoKeyPair;
  publicKey: Bytes;
  /** SHA-256 of the public key, base64url: goes into the ticket. */
  cnf: string;
}

export interface Binding {
  tenant: string;
  person: string;
  target: string;
}

export async function ephemeralOf(keyPair: CryptoKeyPair): Promise<Ephemeral> {
  const publicKey = await publicBytes(keyPair.publicKey);
  const cnf = toBase64url(new Uint8Array(await crypto.subtle.digest("SHA-256", publicKey)));
  return { keyPair, publicKey, cnf };
}

/** A fresh key for one stream; made before its ticket is asked for. */
export async function createEphemeral(): Promise<Ephemeral> {
  return ephemeralOf(await generateEphemeral());
}

export class Channel {
  private sealing: Promise<unknown> = Promise.resolve();
  private opening: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly enc: Bytes,
    private readonly up: Sequence,
    private readonly down: Sequence,
  ) {}

  static async open(options: { sealKey: Bytes; ticket: string; ephemeral: Ephemeral }): Promise<Channel> {
    const info = concat(text.encode("sudare-channel-1\0"), text.encode(options.ticket));
    const { enc, context } = await setupSender(options.sealKey, info, options.ephemeral.keyPair);
    const [key, nonce] = await Promise.all([
      context.export("sudare s2c key", 16),
      context.export("sudare s2c nonce", 12),
    ]);
    return new Channel(enc, context.sequence, await Sequence.of(key, nonce));
  }

  /** The first message: our key and the sealed hello. */
  async first(hello: Bytes): Promise<Bytes> {
    return concat(this.enc, await this.seal(hello));
  }

  seal(plain: Bytes): Promise<Bytes> {
    const sealed = this.sealing.then(() => this.up.seal(plain));
    this.sealing = sealed.catch(() => undefined);
    return sealed;
  }

  /** When everything handed in so far is sealed. */
  async settled(): Promise<void> {
    await this.sealing;
  }

  open(sealed: Bytes): Promise<Bytes> {
    const plain = this.opening.then(() => this.down.open(sealed));
    this.opening = plain.catch(() => undefined);
    return plain;
  }
}

/** The password, readable only by the connector of `sealKey` for this person and target; base64url. */
export async function sealSecret(sealKey: Bytes, bind: Binding, password: string): Promise<string> {
  return sealSecretWith(sealKey, bind, password, await generateEphemeral());
}

export async function sealSecretWith(
  sealKey: Bytes,
  bind: Binding,
  password: string,
  keyPair: CryptoKeyPair,
): Promise<string> {
  const { enc, context } = await setupSender(sealKey, text.encode("sudare-secret-1\0"), keyPair);
  const aad = text.encode([bind.tenant, bind.person, bind.target].join("\0"));
  return toBase64url(concat(enc, await context.sequence.seal(text.encode(password), aad)));
}
