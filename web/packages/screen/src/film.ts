/**
 * What moves comes as a video stream and is drawn over the canvas; the framebuffer behind it stays as it is.
 *
 * A browser decodes a frame only asynchronously, and what was painted since then must stay on top: so each frame knows
 * which areas of the framebuffer are to be painted again after it. INVARIANT: once a film has ended none of it is drawn.
 */

import { tilesOf, type Op } from "@sudare/wire";
import type { Rect } from "./framebuffer";

const TILE = 64;
/** Better ones first. A decoder of H.264 is told what the stream itself says: Safari takes nothing else. */
const CODECS = { av1: "av01.0.08M.08", h264: "avc1.42E01F" };

type VideoOp = Extract<Op, { op: "video" }>;

/** A frame on its way to the canvas. */
export interface Showing {
  box: Rect;
  key: boolean;
  h264: boolean;
  frame: Uint8Array;
  /** The framebuffer shows here. */
  above: Rect[];
  over: boolean;
}

/** The film of one framebuffer, before it is decoded. */
export class Screening {
  private fresh: Showing[] = [];
  private open: Showing[] = [];

  show(op: VideoOp): void {
    const { x, y, w, h, key, h264, frame } = op;
    const showing = { box: { x, y, w, h }, key, h264, frame, above: above(op), over: false };
    this.open = [...this.open.filter((one) => !one.over), showing];
    this.fresh.push(showing);
  }

  /** These areas of the framebuffer are painted now. */
  painted(areas: Rect[]): void {
    for (const one of this.open) if (!one.over) one.above.push(...areas.filter((area) => overlap(area, one.box)));
  }

  take(): Showing[] {
    const out = this.fresh;
    this.fresh = [];
    return out;
  }

  /** The film is over; gives where the framebuffer is to be painted. */
  end(): Rect[] {
    for (const one of this.open) one.over = true;
    const boxes = this.open.map((one) => one.box);
    this.open = [];
    this.fresh = [];
    return boxes.slice(-1);
  }
}

/** The tiles of a film's box where the framebuffer shows. */
function above(op: VideoOp): Rect[] {
  const { columns, rows } = tilesOf(op);
  const [left, top] = [Math.floor(op.x / TILE), Math.floor(op.y / TILE)];
  const out: Rect[] = [];
  for (let i = 0; i < columns * rows; i++) {
    if (((op.mask[i >> 3] as number) >> (i & 7)) & 1) continue;
    const [tileX, tileY] = [(left + (i % columns)) * TILE, (top + Math.floor(i / columns)) * TILE];
    const [x, y] = [Math.max(op.x, tileX), Math.max(op.y, tileY)];
    out.push({ x, y, w: Math.min(op.x + op.w, tileX + TILE) - x, h: Math.min(op.y + op.h, tileY + TILE) - y });
  }
  return out;
}

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null;

/** The browser's decoder: one frame in, one frame out, in order. */
export class Projector {
  private decoder: VideoDecoder | null = null;
  private waiting: ((frame: VideoFrame | null) => void)[] = [];
  private at = 0;

  /** Draw a frame, and on top of it what belongs there; false where it cannot be decoded. */
  async show(showing: Showing, context: Context, paint: (areas: Rect[]) => void): Promise<boolean> {
    const frame = await this.decode(showing);
    if (!frame) return showing.over;
    if (!showing.over) {
      const { x, y, w, h } = showing.box;
      context?.drawImage(frame, x, y, w, h);
      paint(showing.above);
    }
    frame.close();
    showing.over = true;
    return true;
  }

  private decode({ key, h264, frame }: Showing): Promise<VideoFrame | null> {
    if (key) this.begin(h264 ? profile(frame) : CODECS.av1);
    const { decoder } = this;
    if (decoder?.state !== "configured") return Promise.resolve(null);
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.at += 33_333; // only the order counts: a frame is shown when it comes
      decoder.decode(new EncodedVideoChunk({ type: key ? "key" : "delta", timestamp: this.at, duration: 33_333, data: frame }));
    });
  }

  close(): void {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.decoder = null;
    for (const resolve of this.waiting) resolve(null);
    this.waiting = [];
  }

  private begin(codec: string): void {
    this.close();
    this.decoder = new VideoDecoder({
      output: (frame) => this.waiting.shift()?.(frame),
      error: () => this.close(),
    });
    this.decoder.configure({ codec, optimizeForLatency: true });
  }
}

/** Codecs of films this browser decodes. */
export async function codecs(): Promise<string[]> {
  if (typeof VideoDecoder !== "function") return [];
  const asked = Object.entries(CODECS).map(async ([name, codec]) => {
    const answer = await VideoDecoder.isConfigSupported({ codec, optimizeForLatency: true }).catch(() => null);
    return answer?.supported ? [name] : [];
  });
  return (await Promise.all(asked)).flat();
}

/** What a key frame's sequence parameter set says of its stream: profile, constraints and level (RFC 6381). */
function profile(frame: Uint8Array): string {
  const at = frame.findIndex((_, i) => frame[i] === 0 && frame[i + 1] === 0 && frame[i + 2] === 1 && ((frame[i + 3] ?? 0) & 31) === 7);
  if (at < 0) return CODECS.h264;
  return `avc1.${[...frame.subarray(at + 4, at + 7)].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
