import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { decodeRecords, Flag, Malformed } from "@sudare/wire";
import { Framebuffer } from "../src/framebuffer";
import { hex, vector } from "../../wire/test/vectors";

function feed(frame: Framebuffer, message: string): void {
  for (const { body, flags } of decodeRecords(hex(message))) {
    if (flags & Flag.RESET) frame.reset();
    if (body.type === "resize") frame.resize(body.w, body.h);
    else if (body.type === "update") frame.update(body.ops, body.stream);
  }
}

function bgrHash(frame: Framebuffer): string {
  const out = new Uint8Array(frame.w * frame.h * 3);
  frame.pixels.forEach((value, index) => {
    out[index * 3] = (value >> 16) & 255;
    out[index * 3 + 1] = (value >> 8) & 255;
    out[index * 3 + 2] = value & 255;
  });
  return createHash("sha256").update(out).digest("hex");
}

describe("the framebuffer", () => {
  it("ends where the golden session ends, message by message", () => {
    const { tiles, messages } = vector<{ tiles: number; messages: { hex: string; w: number; h: number; sha256: string }[] }>(
      "screen/session.json",
    );
    const frame = new Framebuffer(tiles);

    for (const message of messages) {
      feed(frame, message.hex);
      expect([frame.w, frame.h, bgrHash(frame)]).toEqual([message.w, message.h, message.sha256]);
    }
  });

  it.each(
    vector<{ name: string; messages: string[] }[]>("screen/bad_sessions.json").map((one) => [one.name, one] as const),
  )("refuses %s", (name, { messages }) => {
    if (name.includes("cursor")) return; // cursors are the session's, see session.test.ts
    const frame = new Framebuffer(5);
    for (const message of messages.slice(0, -1)) feed(frame, message);

    expect(() => feed(frame, messages.at(-1) ?? "")).toThrow(Malformed);
  });

  it("copies overlapping areas as if through a second buffer", () => {
    const frame = new Framebuffer();
    frame.resize(4, 4);
    frame.pixels.set(Array.from({ length: 16 }, (_, index) => index));

    frame.update([{ op: "copy", sx: 0, sy: 0, w: 3, h: 3, dx: 1, dy: 1 }], new Uint8Array());

    expect([...frame.pixels]).toEqual([0, 1, 2, 3, 4, 0, 1, 2, 8, 4, 5, 6, 12, 8, 9, 10]);
  });

  it("refuses the ops of a tile cache where it has none", () => {
    const frame = new Framebuffer();
    frame.resize(64, 64);

    expect(() => frame.update([{ op: "store", tile: 0, count: 1 }], new Uint8Array())).toThrow(Malformed);
    expect(() => frame.update([{ op: "cache", tile: 0, slot: 0, count: 1 }], new Uint8Array())).toThrow(Malformed);
  });

  it("says what is to be painted, once", () => {
    const frame = new Framebuffer();
    frame.resize(8, 8);
    frame.takeDirty();

    frame.update([{ op: "fill", x: 1, y: 2, w: 3, h: 4, bgr: Uint8Array.of(1, 2, 3) }], new Uint8Array());

    expect(frame.takeDirty()).toEqual([{ x: 1, y: 2, w: 3, h: 4 }]);
    expect(frame.takeDirty()).toEqual([]);
    expect(frame.pixels[17]).toBe(0xff010203);
  });
});
