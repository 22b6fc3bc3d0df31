/**
 * What the browser holds of one session: pixels as RGBA, the zstd stream, and what changed since it was last painted.
 * The twin of `sudare.pixels.decoder`. INVARIANT: areas of an UPDATE are checked before any of it is drawn.
 */

import { Decompress } from "fzstd";
import { AREA_LIMIT, Malformed, sizeIsAllowed, type Op } from "@sudare/wire";
import { Darkroom, GREY, type Negative } from "./darkroom";
import { Screening, type Showing } from "./film";
import { TileCache } from "./tilecache";

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

const OPAQUE = 0xff000000;
const TILE = 64;

/** The session's one decompressor: bytes of a flushed block come out at once. */
export class Inflater {
  private parts: Uint8Array[] = [];
  private begun = false;
  private readonly stream = new Decompress((data) => {
    if (data.length) this.parts.push(data);
  });

  /** Exactly `need` bytes from these. */
  inflate(data: Uint8Array, need: number): Uint8Array {
    this.parts = [];
    if (data.length) {
      try {
        this.stream.push(this.begun ? data : padded(data));
        this.begun = true;
      } catch {
        throw new Malformed("pixel stream");
      }
    }
    const size = this.parts.reduce((sum, part) => sum + part.length, 0);
    if (size !== need) throw new Malformed(`${size} bytes of pixels where the ops need ${need}`);
    const [only] = this.parts;
    if (only && this.parts.length === 1) return only;
    const out = new Uint8Array(size);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

/** The decompressor waits for 18 bytes of a new frame; blocks of no bytes (three zeros) make a shorter beginning that long. */
function padded(data: Uint8Array): Uint8Array {
  if (data.length >= 18) return data;
  const out = new Uint8Array(data.length + 18);
  out.set(data);
  return out;
}

export class Framebuffer {
  w = 0;
  h = 0;
  pixels = new Uint32Array(0);
  private dirty: Rect[] = [];
  private inflater = new Inflater();
  private tiles: TileCache;
  private darkroom = new Darkroom();
  private screening = new Screening();

  /** `slots`: how many tiles this browser remembers. */
  constructor(slots = 0) {
    this.tiles = new TileCache(slots);
  }

  /** Forget everything but the size: black, a new stream, no tile. */
  reset(): void {
    this.pixels.fill(OPAQUE);
    this.inflater = new Inflater();
    this.tiles = new TileCache(this.tiles.slots);
    this.darkroom = new Darkroom();
    this.screening.end();
    this.dirty = [{ x: 0, y: 0, w: this.w, h: this.h }];
  }

  resize(w: number, h: number): void {
    if (!sizeIsAllowed(w, h)) throw new Malformed("framebuffer size");
    this.w = w;
    this.h = h;
    this.pixels = new Uint32Array(w * h).fill(OPAQUE);
    this.darkroom = new Darkroom();
    this.screening.end();
    this.dirty = [{ x: 0, y: 0, w, h }];
  }

  /** Areas changed since the last call; where an image is being decoded they come later. */
  takeDirty(): Rect[] {
    const out = this.dirty.filter((area) => !this.darkroom.isDark(area));
    this.dirty = this.dirty.filter((area) => this.darkroom.isDark(area));
    this.screening.painted(out);
    return out;
  }

  /** Frames of the film to be decoded and drawn over the canvas. */
  takeFrames(): Showing[] {
    return this.screening.take();
  }

  update(ops: Op[], stream: Uint8Array): void {
    const pixels = this.inflater.inflate(stream, this.needed(ops));
    let at = 0;
    for (const op of ops) {
      if (op.op === "copy") this.copy(op);
      else if (op.op === "fill") this.fill(op);
      else if (op.op === "image") this.expose(op);
      else if (op.op === "video") this.screening.show(op);
      else if (op.op === "end") this.dirty.push(...this.screening.end());
      else if (op.op === "store") this.store(op);
      else if (op.op === "cache") this.show(op);
      else at = op.op === "pix" ? this.draw(op, pixels, at) : this.blend(op, pixels, at);
    }
  }

  /** Bytes of the stream the ops want. */
  private needed(ops: Op[]): number {
    let area = 0;
    let size = 0;
    for (const op of ops) {
      if (op.op === "end") continue;
      if (op.op === "store" || op.op === "cache") {
        const last = op.tile + op.count - 1;
        if (!this.tiles.slots || op.count < 1 || !this.tile(last)) throw new Malformed("tiles outside the framebuffer");
        continue;
      }
      if (op.op === "copy") {
        this.inside(op.sx, op.sy, op.w, op.h);
        this.inside(op.dx, op.dy, op.w, op.h);
        continue;
      }
      this.inside(op.x, op.y, op.w, op.h);
      if (op.op === "fill" || op.op === "image" || op.op === "video") continue;
      area += op.w * op.h;
      size += op.op === "pix" ? op.w * op.h * 3 : 6 + ((op.w + 1) >> 1) * op.h;
    }
    if (area > AREA_LIMIT) throw new Malformed("too many pixels");
    return size;
  }

  /** Images to be decoded, and the way to hand each one in: null where it cannot be. */
  takeImages(): { image: Negative; develop: (pixels: Uint32Array | null) => void }[] {
    const { darkroom, pixels, w } = this;
    return darkroom.take().map((image) => ({
      image,
      develop: (decoded) => {
        // After a RESIZE or reset it is another darkroom, and nothing of the image is left.
        if (darkroom === this.darkroom) this.dirty.push(...darkroom.develop(image.id, decoded, pixels, w));
      },
    }));
  }

  private expose({ x, y, w, h, jpeg }: Rect & { jpeg: Uint8Array }): void {
    const area = { x, y, w, h };
    const first = this.darkroom.expose(area, jpeg);
    for (let row = 0; row < h; row++) {
      const at = (y + row) * this.w + x;
      if (first === null) this.pixels.fill(GREY, at, at + w);
      else for (let i = 0; i < w; i++) this.pixels[at + i] = first + row * w + i;
    }
    this.dirty.push(area);
  }

  /** Tile number `index`, row by row; those at the right and lower edge are smaller. */
  private tile(index: number): Rect | null {
    const cols = Math.ceil(this.w / TILE);
    const x = (index % cols) * TILE;
    const y = Math.floor(index / cols) * TILE;
    return y < this.h ? { x, y, w: Math.min(TILE, this.w - x), h: Math.min(TILE, this.h - y) } : null;
  }

  private store({ tile, count }: { tile: number; count: number }): void {
    for (let i = tile; i < tile + count; i++) {
      const { x, y, w, h } = this.tile(i) as Rect;
      const kept = new Uint32Array(w * h);
      for (let row = 0; row < h; row++) {
        const from = (y + row) * this.w + x;
        kept.set(this.pixels.subarray(from, from + w), row * w);
      }
      this.tiles.put({ w, h, pixels: kept });
    }
  }

  private show({ tile, slot, count }: { tile: number; slot: number; count: number }): void {
    for (let i = 0; i < count; i++) {
      const area = this.tile(tile + i) as Rect;
      const { x, y, w, h } = area;
      const kept = this.tiles.use(slot + i, w, h);
      for (let row = 0; row < h; row++) this.pixels.set(kept.subarray(row * w, row * w + w), (y + row) * this.w + x);
      this.dirty.push(area);
    }
  }

  /** Two colours and levels between them, two pixels a byte (`sudare.pixels.ramp`). */
  private blend(op: Rect, bytes: Uint8Array, start: number): number {
    const ends = bytes.subarray(start, start + 6);
    const colours = new Uint32Array(8);
    const mix = (channel: number, level: number) =>
      Math.floor(((ends[channel] as number) * (7 - level) + (ends[channel + 3] as number) * level + 3) / 7);
    for (let n = 0; n < 8; n++) colours[n] = OPAQUE | (mix(0, n) << 16) | (mix(1, n) << 8) | mix(2, n);
    let at = start + 6;
    for (let y = op.y; y < op.y + op.h; y++) {
      const to = y * this.w + op.x;
      for (let i = 0; i < op.w; i += 2, at++) {
        const pair = bytes[at] as number;
        this.pixels[to + i] = colours[pair & 7] as number;
        if (i + 1 < op.w) this.pixels[to + i + 1] = colours[(pair >> 4) & 7] as number;
      }
    }
    this.dirty.push({ x: op.x, y: op.y, w: op.w, h: op.h });
    return at;
  }

  private inside(x: number, y: number, w: number, h: number): void {
    if (w < 1 || h < 1 || x + w > this.w || y + h > this.h) throw new Malformed("area outside the framebuffer");
  }

  private copy(op: { sx: number; sy: number; w: number; h: number; dx: number; dy: number }): void {
    const { w } = this;
    const up = op.dy <= op.sy;
    for (let i = 0; i < op.h; i++) {
      const row = up ? i : op.h - 1 - i;
      const from = (op.sy + row) * w + op.sx;
      this.pixels.copyWithin((op.dy + row) * w + op.dx, from, from + op.w);
    }
    const to = { x: op.dx, y: op.dy, w: op.w, h: op.h };
    this.darkroom.copied({ ...to, x: op.sx, y: op.sy }, to);
    this.dirty.push(to);
  }

  private fill(op: Rect & { bgr: Uint8Array }): void {
    const [b = 0, g = 0, r = 0] = op.bgr;
    const value = (OPAQUE | (b << 16) | (g << 8) | r) >>> 0;
    for (let y = op.y; y < op.y + op.h; y++) {
      const at = y * this.w + op.x;
      this.pixels.fill(value, at, at + op.w);
    }
    this.dirty.push({ x: op.x, y: op.y, w: op.w, h: op.h });
  }

  private draw(op: Rect, bytes: Uint8Array, start: number): number {
    let at = start;
    const { pixels } = this;
    for (let y = op.y; y < op.y + op.h; y++) {
      let to = y * this.w + op.x;
      const end = to + op.w;
      for (; to < end; to++, at += 3) {
        // The size was checked above: these indices are inside.
        const b = bytes[at] as number;
        const g = bytes[at + 1] as number;
        const r = bytes[at + 2] as number;
        pixels[to] = OPAQUE | (b << 16) | (g << 8) | r;
      }
    }
    this.dirty.push({ x: op.x, y: op.y, w: op.w, h: op.h });
    return at;
  }
}
