import { describe, expect, it } from "vitest";
import { decodeRecords, Malformed } from "@sudare/wire";
import { Framebuffer } from "../src/framebuffer";
import { hex, vector } from "../../wire/test/vectors";
import { feed } from "./replay";

const ROUNDS = 4000;
const LARGEST = 1 << 20; // pixels: larger pictures cost time and find nothing more

/** Numbers that are the same in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * below);
  };
}

/** A few bytes changed, left out, doubled, or taken from elsewhere. */
function mutated(data: Uint8Array, other: Uint8Array, random: (below: number) => number): Uint8Array {
  const out = [...data];
  for (let i = random(4); i >= 0 && out.length; i--) {
    const at = random(out.length);
    const kind = random(5);
    if (kind === 0) out[at] = random(256);
    else if (kind === 1) out[at] = (out[at] as number) ^ (1 << random(8));
    else if (kind === 2) out.splice(at, 1 + random(8));
    else if (kind === 3) out.splice(at, 0, ...out.slice(at, at + 1 + random(8)));
    else out.splice(at, 4, ...other.subarray(random(other.length)).subarray(0, 1 + random(16)));
  }
  return new Uint8Array(out);
}

function isLarge(message: Uint8Array): boolean {
  return decodeRecords(message).some(({ body }) => body.type === "resize" && body.w * body.h > LARGEST);
}

describe("a hostile connector", () => {
  it("is refused as malformed or understood, and what is shown keeps its shape", { timeout: 120_000 }, () => {
    const work = vector<{ tiles: number; steps: { messages: string[] }[] }>("screen/work.json");
    const session = vector<{ tiles: number; messages: { hex: string }[] }>("screen/session.json");
    const sessions = [
      { tiles: session.tiles, messages: session.messages.map((one) => hex(one.hex)) },
      { tiles: work.tiles, messages: work.steps.flatMap((one) => one.messages.map(hex)).slice(0, 40) },
    ];
    const random = numbers(20261124);
    let refused = 0;
    let understood = 0;

    for (let round = 0; round < ROUNDS; round++) {
      const { tiles, messages } = sessions[round % 2] as (typeof sessions)[0];
      const frame = new Framebuffer(tiles);
      const fine = random(messages.length);
      messages.slice(0, fine).forEach((message) => feed(frame, message));
      try {
        const bad = mutated(messages[fine] as Uint8Array, messages[random(messages.length)] as Uint8Array, random);
        if (isLarge(bad)) continue;
        feed(frame, bad);
        understood += 1;
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        refused += 1;
      }
      const areas = frame.takeDirty();
      const whole = frame.pixels.length === frame.w * frame.h;
      if (!whole || areas.some(({ x, y, w, h }) => x < 0 || y < 0 || x + w > frame.w || y + h > frame.h)) {
        throw new Error(`round ${round}: ${frame.w}*${frame.h} has ${frame.pixels.length} pixels, and areas outside`);
      }
    }

    expect(refused).toBeGreaterThan(ROUNDS / 20);
    expect(understood).toBeGreaterThan(ROUNDS / 20);
  });
});
