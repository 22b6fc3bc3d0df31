import { describe, expect, it } from "vitest";
import { Malformed, type Op } from "@sudare/wire";
import { Framebuffer } from "../src/framebuffer";
import { hex, vector } from "../../wire/test/vectors";
import { bgrHash, feed as feedBytes } from "./replay";

function feed(frame: Framebuffer, message: string): void {
  feedBytes(frame, hex(message));
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

  it.each([
    ["at once", true],
    ["only after the step", false],
  ])("shows office work on a slow line exactly after every step, images decoded %s", (_, atOnce) => {
    const { tiles, steps } = vector<{ tiles: number; steps: { messages: string[]; sha256: string }[] }>("screen/work.json");
    const frame = new Framebuffer(tiles);
    let images = 0;
    let frames = 0;

    for (const { messages, sha256 } of steps) {
      const late: (() => void)[] = [];
      for (const message of messages) {
        feed(frame, message);
        for (const { image, develop } of frame.takeImages()) {
          images += 1;
          late.push(() => develop(new Uint32Array(image.w * image.h).fill(0xff445566)));
        }
        frames += frame.takeFrames().length;
        if (atOnce) late.splice(0).forEach((done) => done());
      }
      late.forEach((done) => done());
      expect(bgrHash(frame)).toBe(sha256);
    }
    expect(images).toBeGreaterThan(0);
    expect(frames).toBeGreaterThan(0);
  });

  it.each(
    vector<{ name: string; messages: string[] }[]>("screen/bad_sessions.json").map((one) => [one.name, one] as const),
  )("refuses %s", (name, { messages }) => {
    if (name.includes("cursor")) return; // cursors are the session's
    const frame = new Framebuffer(5);
    for (const message of messages.slice(0, -1)) feed(frame, message);

    expect(() => feed(frame, messages.at(-1) ?? "")).toThrow(Malformed);
  });

  it("shows a first update of a few bytes at once, and the next", () => {
    const frame = new Framebuffer();
    frame.resize(1, 2);

    frame.update([{ op: "pix", x: 0, y: 0, w: 1, h: 2 }], hex("28b52ffd0058300000010203040506"));
    expect([...frame.pixels]).toEqual([0xff010203, 0xff040506]);
    frame.update([{ op: "pix", x: 0, y: 0, w: 1, h: 1 }], hex("180000090909"));

    expect([...frame.pixels]).toEqual([0xff090909, 0xff040506]);
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

  it("takes ops after an image before the image is decoded, and fills in what is left of it", () => {
    const frame = new Framebuffer();
    frame.resize(4, 2);
    frame.takeDirty();
    const ops: Op[] = [
      { op: "image", x: 0, y: 0, w: 2, h: 2, jpeg: Uint8Array.of(1) },
      { op: "copy", sx: 0, sy: 0, w: 2, h: 2, dx: 2, dy: 0 },
      { op: "fill", x: 0, y: 0, w: 1, h: 1, bgr: Uint8Array.of(3, 2, 1) },
    ];

    frame.update(ops, new Uint8Array());
    const [only, ...more] = frame.takeImages();
    frame.update([{ op: "fill", x: 3, y: 1, w: 1, h: 1, bgr: Uint8Array.of(3, 2, 1) }], new Uint8Array());
    const meanwhile = frame.takeDirty();
    only?.develop(Uint32Array.of(0xff000001, 0xff000002, 0xff000003, 0xff000004));

    expect(more).toEqual([]);
    expect([only?.image.w, only?.image.h, only?.image.jpeg]).toEqual([2, 2, Uint8Array.of(1)]);
    expect([...frame.pixels].map((value) => value - 0xff000000)).toEqual([0x30201, 2, 1, 2, 3, 4, 3, 0x30201]);
    expect(meanwhile).toEqual([]);
    expect(frame.takeDirty()).toContainEqual({ x: 2, y: 0, w: 2, h: 2 });
  });

  it("paints what lies beside an image that is being decoded", () => {
    const frame = new Framebuffer();
    frame.resize(8, 8);
    frame.takeDirty();

    frame.update(
      [
        { op: "image", x: 0, y: 0, w: 4, h: 4, jpeg: Uint8Array.of(1) },
        { op: "fill", x: 4, y: 4, w: 4, h: 4, bgr: Uint8Array.of(1, 2, 3) },
      ],
      new Uint8Array(),
    );

    expect(frame.takeDirty()).toEqual([{ x: 4, y: 4, w: 4, h: 4 }]);
  });

  it("forgets an image at a reset, and shows grey what cannot be decoded", () => {
    const frame = new Framebuffer();
    frame.resize(2, 1);
    const image: Op = { op: "image", x: 0, y: 0, w: 1, h: 1, jpeg: Uint8Array.of(1) };

    frame.update([image], new Uint8Array());
    const [before] = frame.takeImages();
    frame.reset();
    before?.develop(Uint32Array.of(0xff123456));
    const forgotten = [...frame.pixels];
    frame.update([image], new Uint8Array());
    frame.takeImages()[0]?.develop(null);

    expect(forgotten).toEqual([0xff000000, 0xff000000]);
    expect([...frame.pixels]).toEqual([0xff808080, 0xff000000]);
  });

  it("shows grey when more images wait than can be told apart", () => {
    const frame = new Framebuffer();
    frame.resize(300, 1);

    frame.update(
      Array.from({ length: 300 }, (_, x): Op => ({ op: "image", x, y: 0, w: 1, h: 1, jpeg: Uint8Array.of(1) })),
      new Uint8Array(),
    );
    const images = frame.takeImages();
    images.forEach(({ develop }, index) => develop(Uint32Array.of(0xff000000 + index)));

    expect(images.length).toBe(255);
    expect([...frame.pixels.subarray(0, 255)]).toEqual(Array.from({ length: 255 }, (_, index) => 0xff000000 + index));
    expect(new Set(frame.pixels.subarray(255))).toEqual(new Set([0xff808080]));
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
