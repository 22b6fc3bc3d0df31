/**
 * Photographs come as JPEG, and a browser decodes one only asynchronously; the ops after it must not wait.
 *
 * So an image is drawn at once as placeholders: pixels whose alpha byte is the number of the image and whose colour is a
 * place in it. Later ops overwrite and copy them like any pixel. Once decoded, what is left of them takes its colour.
 * INVARIANT: a real pixel has alpha 255, which is no image's number.
 */

import { Malformed } from "@sudare/wire";
import type { Rect } from "./framebuffer";

export interface Negative {
  id: number;
  w: number;
  h: number;
  jpeg: Uint8Array;
}

const NUMBERS = 255;
const PLACES = 1 << 24;
export const GREY = 0xff808080;

export class Darkroom {
  private next = 0;
  private waiting: Negative[] = [];
  /** Where placeholders of an image may be, by its number. */
  private readonly areas = new Map<number, Rect[]>();

  /** What stands for the first pixel of an image, the next one is one more; null: no number is free, draw it grey. */
  expose(area: Rect, jpeg: Uint8Array): number | null {
    if (area.w * area.h > PLACES) throw new Malformed("image too large");
    if (this.areas.size >= NUMBERS) return null;
    while (this.areas.has(this.next)) this.next = (this.next + 1) % NUMBERS;
    this.areas.set(this.next, [area]);
    this.waiting.push({ id: this.next, w: area.w, h: area.h, jpeg });
    return this.next * PLACES;
  }

  /** Pixels were copied: placeholders may be there too. */
  copied(from: Rect, to: Rect): void {
    for (const areas of this.areas.values()) if (areas.some((area) => overlap(area, from))) areas.push(to);
  }

  /** Whether there may be placeholders here. */
  isDark(area: Rect): boolean {
    for (const areas of this.areas.values()) if (areas.some((one) => overlap(one, area))) return true;
    return false;
  }

  /** Images to be decoded, once. */
  take(): Negative[] {
    const out = this.waiting;
    this.waiting = [];
    return out;
  }

  /** An image is decoded, or cannot be (null: grey): fill in what is left of it. Gives where that may be. */
  develop(id: number, image: Uint32Array | null, pixels: Uint32Array, width: number): Rect[] {
    const areas = this.areas.get(id) ?? [];
    this.areas.delete(id);
    for (const { x, y, w, h } of areas) {
      for (let row = y; row < y + h; row++) {
        for (let at = row * width + x, end = at + w; at < end; at++) {
          const value = pixels[at] as number;
          if (value >>> 24 === id) pixels[at] = image ? (image[value & (PLACES - 1)] as number) : GREY;
        }
      }
    }
    return areas;
  }
}

function overlap(a: Rect, b: Rect): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** Whether this browser can decode images away from the page. */
export function canDecode(): boolean {
  return typeof createImageBitmap === "function" && typeof OffscreenCanvas === "function";
}

/** The pixels of a JPEG of exactly this size, as the framebuffer holds them. */
export async function decode({ w, h, jpeg }: Negative): Promise<Uint32Array> {
  const blob = new Blob([jpeg as Uint8Array<ArrayBuffer>], { type: "image/jpeg" });
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none" });
  if (bitmap.width !== w || bitmap.height !== h) throw new Malformed("image of another size");
  const context = new OffscreenCanvas(w, h).getContext("2d", { alpha: false, willReadFrequently: true });
  if (!context) throw new Error("no canvas");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Uint32Array(context.getImageData(0, 0, w, h).data.buffer);
}
