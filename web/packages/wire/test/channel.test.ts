import { describe, expect, it } from "vitest";
import { Channel, ephemeralOf, fromBase64url, sealSecretWith, toBase64url } from "../src";
import { setupSender } from "../src/hpke";
import { hex, toHex, vector } from "./vectors";

interface ChannelVector {
  office_public: string;
  ephemeral_private: string;
  ephemeral_public: string;
  cnf_sha256: string;
  ticket: string;
  hello: string;
  first: string;
  plain: string[];
  up: string[];
  down: string[];
}

async function keyPair(privateHex: string, publicHex: string): Promise<CryptoKeyPair> {
  const point = hex(publicHex);
  const jwk = { kty: "EC", crv: "P-256", x: toBase64url(point.slice(1, 33)), y: toBase64url(point.slice(33)) };
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const secret = { ...jwk, d: toBase64url(hex(privateHex)) };
  return {
    privateKey: await crypto.subtle.importKey("jwk", secret, curve, false, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("jwk", jwk, curve, true, []),
  };
}

const golden = vector<ChannelVector>("channel/channel.json");
const text = new TextEncoder();

describe("HPKE", () => {
  it("makes what RFC 9180 A.3.1 prints", async () => {
    const pair = await keyPair(
      "4995788ef4b9d6132b249ce59a77281493eb39af373d236a1fe415cb0c2d7beb",
      "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac98536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
    );
    const recipient =
      "04fe8c19ce0905191ebc298a9245792531f26f0cece2460639e8bc39cb7f706a826a779b4cf969b8a0e539c7f62fb3d30ad6aa8f80e30f1d128aafd68a2ce72ea0";
    const info = hex("4f6465206f6e2061204772656369616e2055726e");
    const { context } = await setupSender(hex(recipient), info, pair);
    const plain = hex("4265617574792069732074727574682c20747275746820626561757479");

    const sealed = await context.sequence.seal(plain, text.encode("Count-0"));

    expect(toHex(sealed)).toBe(
      "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
    );
    expect(toHex(await context.export("", 32))).toBe(
      "5e9bc3d236e1911d95e65b576a8a86d478fb827e8bdfe77b741b289890490d4d",
    );
  });
});

describe("the channel", () => {
  it("seals and opens what the golden vector holds", async () => {
    const ephemeral = await ephemeralOf(await keyPair(golden.ephemeral_private, golden.ephemeral_public));
    const channel = await Channel.open({ sealKey: hex(golden.office_public), ticket: golden.ticket, ephemeral });

    expect(toHex(fromBase64url(ephemeral.cnf))).toBe(golden.cnf_sha256);
    expect(toHex(await channel.first(text.encode(golden.hello)))).toBe(golden.first);
    const sealed = await Promise.all(golden.plain.map((plain) => channel.seal(hex(plain))));
    expect(sealed.map(toHex)).toEqual(golden.up);
    const opened = await Promise.all(golden.down.map((message) => channel.open(hex(message))));
    expect(opened.map(toHex)).toEqual(golden.plain);
  });

  it("refuses a message that was changed", async () => {
    const ephemeral = await ephemeralOf(await keyPair(golden.ephemeral_private, golden.ephemeral_public));
    const channel = await Channel.open({ sealKey: hex(golden.office_public), ticket: golden.ticket, ephemeral });
    const changed = hex(golden.down[1] ?? "");
    changed[0] = (changed[0] ?? 0) ^ 1;

    await expect(channel.open(changed)).rejects.toThrow();
  });
});

describe("an office secret", () => {
  it("is sealed as the golden vector is", async () => {
    const secret = vector<{ bind: { tenant: string; person: string; target: string }; password: string; sealed: string }>(
      "channel/secret.json",
    );
    const pair = await keyPair(golden.ephemeral_private, golden.ephemeral_public);

    const sealed = await sealSecretWith(hex(golden.office_public), secret.bind, secret.password, pair);

    expect(toHex(fromBase64url(sealed))).toBe(secret.sealed);
  });
});
