/** Records down, connector to browser (docs/wire/screen.md). Unknown types and flags are skipped; all else wrong is Malformed. */

import { Malformed, Reader } from "./cursor";

export const RECORD_LIMIT = 1 << 20;
export const SIDE_LIMIT = 16_384;
export const AREA_LIMIT = 33_554_432;

export const Flag = { EXPRESS: 1, LAST: 2, LOSSY: 4, RESET: 8 } as const;

export type Op =
  | { op: "copy"; sx: number; sy: number; w: number; h: number; dx: number; dy: number }
  | { op: "fill"; x: number; y: number; w: number; h: number; bgr: Uint8Array }
  | { op: "pix" | "ramp"; x: number; y: number; w: number; h: number }
  | { op: "image"; x: number; y: number; w: number; h: number; jpeg: Uint8Array }
  | { op: "video"; x: number; y: number; w: number; h: number; key: boolean; h264: boolean; mask: Uint8Array; frame: Uint8Array }
  | { op: "end" }
  | { op: "store"; tile: number; count: number }
  | { op: "cache"; tile: number; slot: number; count: number };

export type Body =
  | { type: "update"; ops: Op[]; stream: Uint8Array }
  | { type: "cursor-hidden" }
  | { type: "cursor-arrow" }
  | { type: "cursor-image"; id: number; hotX: number; hotY: number; w: number; h: number; rgba: Uint8Array }
  | { type: "cursor-cached"; id: number }
  | { type: "resize"; w: number; h: number }
  | { type: "state"; state: "connecting" | "active" | "closed"; code?: string; name?: string; recorded: boolean; sound: boolean }
  | { type: "line"; rttMs: number; btlKbit: number; keyToPixelMs: number }
  | { type: "pong"; n: number }
  | { type: "answer"; inSeq: number }
  /** `ms`: key to pixel, then home device, line, gateway, connector, office PC; `cause` counts them from 1, 0 is none. */
  | { type: "lag"; cause: number; coarse: boolean; ms: number[] }
  | { type: "audio"; number: number; packets: Uint8Array[] };

export interface Record {
  body: Body;
  flags: number;
  epoch: number;
  seq: number;
  inSeq: number;
  tMs: number;
}

export function sizeIsAllowed(w: number, h: number): boolean {
  return w > 0 && h > 0 && w <= SIDE_LIMIT && h <= SIDE_LIMIT && w * h <= AREA_LIMIT;
}

/** The records of one message. */
export function decodeRecords(message: Uint8Array): Record[] {
  const reader = new Reader(message);
  const out: Record[] = [];
  while (reader.left() > 0) {
    const start = reader.pos;
    const kind = reader.u8();
    const flags = reader.u8();
    const epoch = reader.u16();
    const seq = reader.u32();
    const inSeq = reader.u16();
    const tMs = reader.u16();
    const raw = reader.take(reader.varint());
    if (reader.pos - start > RECORD_LIMIT) throw new Malformed("record too large");
    const body = decodeBody(kind, raw);
    if (body) out.push({ body, flags: flags & 15, epoch, seq, inSeq, tMs });
  }
  return out;
}

function decodeBody(kind: number, raw: Uint8Array): Body | null {
  const reader = new Reader(raw);
  const body = readBody(kind, reader, raw);
  if (body && reader.left() > 0) throw new Malformed("bytes after the last field");
  return body;
}

function readBody(kind: number, reader: Reader, raw: Uint8Array): Body | null {
  switch (kind) {
    case 1: {
      const ops = decodeOps(reader.take(reader.varint()));
      return { type: "update", ops, stream: reader.rest() };
    }
    case 2:
      return decodeCursor(reader);
    case 3: {
      const [w, h] = [reader.varint(), reader.varint()];
      if (!sizeIsAllowed(w, h)) throw new Malformed("framebuffer size");
      return { type: "resize", w, h };
    }
    case 4:
      reader.rest();
      return decodeState(raw);
    case 5:
      return { type: "line", rttMs: reader.varint(), btlKbit: reader.varint(), keyToPixelMs: reader.varint() };
    case 6:
      return { type: "pong", n: reader.u16() };
    case 7:
      return { type: "answer", inSeq: reader.u16() };
    case 8: {
      const [cause, done] = [reader.u8(), reader.u8()];
      return { type: "lag", cause, coarse: (done & 1) > 0, ms: Array.from({ length: 6 }, () => reader.varint()) };
    }
    case 16:
      return decodeAudio(reader);
    default:
      return null;
  }
}

function decodeAudio(reader: Reader): Body {
  const [number, packets] = [reader.varint(), [] as Uint8Array[]];
  do packets.push(reader.take(reader.varint()));
  while (reader.left() > 0);
  if (packets.some((packet) => packet.length === 0)) throw new Malformed("an empty packet of sound");
  return { type: "audio", number, packets };
}

function decodeOps(data: Uint8Array): Op[] {
  const reader = new Reader(data);
  const ops: Op[] = [];
  while (reader.left() > 0) ops.push(decodeOp(reader.u8(), reader));
  return ops;
}

function decodeOp(kind: number, reader: Reader): Op {
  const number = () => reader.varint();
  if (kind === 4) return { op: "store", tile: number(), count: number() };
  if (kind === 5) return { op: "cache", tile: number(), slot: number(), count: number() };
  if (kind === 8) return { op: "end" };
  if (kind < 1 || kind > 7) throw new Malformed(`unknown op ${kind}`);
  const [x, y, w, h] = [number(), number(), number(), number()];
  if (kind === 1) return { op: "copy", sx: x, sy: y, w, h, dx: number(), dy: number() };
  if (kind === 2) return { op: "fill", x, y, w, h, bgr: reader.take(3) };
  if (kind === 6) return { op: "image", x, y, w, h, jpeg: reader.take(number()) };
  if (kind === 7) return decodeVideo({ x, y, w, h }, reader);
  const format = reader.u8();
  if (format > 1) throw new Malformed("unknown pixel format");
  return { op: format ? "ramp" : "pix", x, y, w, h };
}

/** Tiles in a row, and rows of tiles, that a box touches. */
export function tilesOf({ x, y, w, h }: { x: number; y: number; w: number; h: number }): { columns: number; rows: number } {
  const count = (first: number, size: number) => Math.floor((first + size - 1) / 64) - Math.floor(first / 64) + 1;
  return { columns: count(x, w), rows: count(y, h) };
}

function decodeVideo(box: { x: number; y: number; w: number; h: number }, reader: Reader): Op {
  if (box.w < 1 || box.h < 1) throw new Malformed("an op without area");
  const flags = reader.u8();
  const [mask, frame] = [reader.take(reader.varint()), reader.take(reader.varint())];
  const { columns, rows } = tilesOf(box);
  if (mask.length !== Math.ceil((columns * rows) / 8) || !frame.length) throw new Malformed("a film without its mask or frame");
  return { op: "video", ...box, key: (flags & 1) === 1, h264: (flags & 2) === 2, mask, frame };
}

function decodeCursor(reader: Reader): Body {
  const kind = reader.u8();
  if (kind === 0) return { type: "cursor-hidden" };
  if (kind === 1) return { type: "cursor-arrow" };
  if (kind === 3) return { type: "cursor-cached", id: reader.varint() };
  if (kind !== 2) throw new Malformed("unknown cursor kind");
  const [id, hotX, hotY] = [reader.varint(), reader.varint(), reader.varint()];
  const [w, h] = [reader.varint(), reader.varint()];
  if (w < 1 || h < 1 || w > 512 || h > 512) throw new Malformed("cursor size");
  return { type: "cursor-image", id, hotX, hotY, w, h, rgba: reader.take(w * h * 4) };
}

function decodeState(raw: Uint8Array): Body {
  let told: unknown;
  try {
    told = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  } catch {
    throw new Malformed("state");
  }
  if (typeof told !== "object" || told === null) throw new Malformed("state");
  const { state, code, name, recorded, sound } = told as { [key: string]: unknown };
  if (state !== "connecting" && state !== "active" && state !== "closed") throw new Malformed("state");
  return {
    type: "state",
    state,
    recorded: recorded === true,
    sound: sound === true,
    ...(typeof code === "string" ? { code } : {}),
    ...(typeof name === "string" ? { name } : {}),
  };
}
