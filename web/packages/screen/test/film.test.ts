import { describe, expect, it, vi } from "vitest";
import { Framebuffer } from "../src/framebuffer";
import { codecs, Projector, Screening, type Showing } from "../src/film";

const BOX = { x: 60, y: 130, w: 70, h: 64 };

function frame(more: object = {}) {
  return { op: "video" as const, ...BOX, key: true, h264: false, mask: new Uint8Array([0b111111]), frame: new Uint8Array([18, 0]), ...more };
}

function showing(more: object = {}): Showing {
  const screening = new Screening();
  screening.show(frame(more));
  return screening.take()[0] as Showing;
}

/** A browser's decoder: hands every frame back, or fails. */
function decoder({ fails = false } = {}) {
  const made: { close: () => void }[] = [];
  class Decoder {
    static isConfigSupported = vi.fn(async () => ({ supported: !fails }));
    state = "unconfigured";
    constructor(private readonly init: { output: (frame: unknown) => void; error: (why: unknown) => void }) {
      made.push(this);
    }
    codec = "";
    configure({ codec }: { codec: string }) {
      this.codec = codec;
      this.state = "configured";
    }
    close() {
      this.state = "closed";
    }
    decode(chunk: { type: string }) {
      queueMicrotask(() => (fails ? this.init.error(new Error("no")) : this.init.output({ chunk, close: vi.fn() })));
    }
  }
  vi.stubGlobal("VideoDecoder", Decoder);
  vi.stubGlobal("EncodedVideoChunk", Object);
  return made;
}

function canvas() {
  const calls: unknown[] = [];
  const context = { drawImage: (...args: unknown[]) => calls.push(["frame", ...args.slice(1)]) };
  return { calls, context: context as unknown as OffscreenCanvasRenderingContext2D, paint: (areas: object[]) => calls.push(["paint", ...areas]) };
}

describe("a film", () => {
  it("leaves the framebuffer on top where its mask has no bit, cut to its box", () => {
    // The box touches tiles (0, 2), (1, 2), (2, 2) and the row below.
    expect(showing({ mask: new Uint8Array([0b011101]) }).above).toEqual([
      { x: 64, y: 130, w: 64, h: 62 },
      { x: 128, y: 192, w: 2, h: 2 },
    ]);
  });

  it("keeps on top what was painted while its frame was being decoded", () => {
    const screening = new Screening();
    screening.show(frame());
    const [one] = screening.take();

    screening.painted([{ x: 0, y: 0, w: 10, h: 10 }, { x: 100, y: 150, w: 4, h: 4 }]);

    expect(one?.above).toEqual([{ x: 100, y: 150, w: 4, h: 4 }]);
  });

  it("is drawn, and then what lies on top of it", async () => {
    decoder();
    const { calls, context, paint } = canvas();
    const one = showing({ mask: new Uint8Array([0b111110]) });

    expect(await new Projector().show(one, context, paint)).toBe(true);

    expect(calls).toEqual([["frame", 60, 130, 70, 64], ["paint", { x: 60, y: 130, w: 4, h: 62 }]]);
  });

  it("is not drawn any more once it is over, not even a frame that was on its way", async () => {
    decoder();
    const { calls, context, paint } = canvas();
    const screening = new Screening();
    screening.show(frame());
    const [one] = screening.take();

    const shown = new Projector().show(one as Showing, context, paint);
    expect(screening.end()).toEqual([BOX]);

    expect(await shown).toBe(true);
    expect(calls).toEqual([]);
  });

  it("says so when it cannot be decoded, from the start or without its key frame", async () => {
    decoder({ fails: true });
    const { calls, context, paint } = canvas();
    expect(await new Projector().show(showing(), context, paint)).toBe(false);

    decoder();
    expect(await new Projector().show(showing({ key: false }), context, paint)).toBe(false);
    expect(calls).toEqual([]);
  });

  it("begins with a new decoder, and the old one is closed", async () => {
    const made = decoder() as unknown as { state: string }[];
    const { context, paint } = canvas();
    const projector = new Projector();

    await projector.show(showing(), context, paint);
    await projector.show(showing(), context, paint);
    projector.close();

    expect(made.map((one) => one.state)).toEqual(["closed", "closed"]);
  });

  it("is asked for only where the browser decodes it", async () => {
    vi.stubGlobal("VideoDecoder", undefined);
    expect(await codecs()).toEqual([]);
    decoder({ fails: true });
    expect(await codecs()).toEqual([]);
    decoder();
    expect(await codecs()).toEqual(["av1", "h264"]);
  });

  it("in H.264 is decoded as what its own parameters say", async () => {
    const made = decoder() as unknown as { codec: string }[];
    const { context, paint } = canvas();
    const parameters = new Uint8Array([0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0x8c, 0, 0, 0, 1, 0x68]);

    await new Projector().show(showing({ h264: true, frame: parameters }), context, paint);
    await new Projector().show(showing({ h264: true }), context, paint);

    expect(made.map((one) => one.codec)).toEqual(["avc1.42c01e", "avc1.42E01F"]);
  });

  it("shows the framebuffer again when it ends, and when all is forgotten", () => {
    const buffer = new Framebuffer();
    buffer.resize(320, 240);
    buffer.takeDirty();

    buffer.update([frame(), { op: "end" }], new Uint8Array());
    expect(buffer.takeDirty()).toEqual([BOX]);
    expect(buffer.takeFrames()).toEqual([]);

    buffer.update([frame()], new Uint8Array());
    buffer.reset();
    expect(buffer.takeFrames()).toEqual([]);
    expect(buffer.takeDirty()).toEqual([{ x: 0, y: 0, w: 320, h: 240 }]);
  });

  it("must lie inside the framebuffer", () => {
    const buffer = new Framebuffer();
    buffer.resize(100, 200);

    expect(() => buffer.update([frame()], new Uint8Array())).toThrow("outside");
  });
});
