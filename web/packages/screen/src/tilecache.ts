/**
 * Tiles this browser remembers, so that going back to a window costs a few bytes: the twin of `Slots` in `sudare.pixels.cache`.
 * INVARIANT: which slot a stored tile takes is a rule the sender follows too: the next unused one, else the least recently used.
 */

import { Malformed } from "@sudare/wire";

export interface Tile {
  w: number;
  h: number;
  pixels: Uint32Array;
}

export class TileCache {
  /** A Map keeps the order of insertion: the least recently used slot first. */
  private readonly held = new Map<number, Tile>();

  constructor(readonly slots: number) {}

  get size(): number {
    return this.held.size;
  }

  put(tile: Tile): void {
    let slot = this.held.size;
    if (slot >= this.slots) {
      const [oldest] = this.held.keys();
      if (oldest === undefined) throw new Malformed("a tile for a browser that keeps none");
      slot = oldest;
      this.held.delete(slot);
    }
    this.held.set(slot, tile);
  }

  use(slot: number, w: number, h: number): Uint32Array {
    const tile = this.held.get(slot);
    if (!tile) throw new Malformed(`slot ${slot} is empty`);
    if (tile.w !== w || tile.h !== h) throw new Malformed("a tile of another shape");
    this.held.delete(slot);
    this.held.set(slot, tile);
    return tile.pixels;
  }
}
