/** The browser's part of a key's way (docs/wire/screen.md, "Lag"). Every length is a difference on this thread's clock. */

import type { Input } from "@sudare/wire";

const KEPT = 64;
const MS_MAX = 65_535;

const whole = (ms: number): number => Math.max(0, Math.min(MS_MAX, Math.round(ms)));

export class Stopwatch {
  private readonly keys = new Map<number, { outMs: number; left: number }>();

  /** The key of an event at `start` was handed to the socket. */
  left(inSeq: number, start: number, now: number): void {
    this.keys.delete(inSeq);
    this.keys.set(inSeq, { outMs: whole(now - start), left: now });
    const [oldest] = this.keys.keys();
    if (this.keys.size > KEPT && oldest !== undefined) this.keys.delete(oldest);
  }

  /** The answers to these keys came at `came` and are painted: what is to be told of those this browser knows. */
  shown(answered: number[], came: number, now = performance.now()): Input[] {
    return answered.flatMap((inSeq) => {
      const key = this.keys.get(inSeq);
      this.keys.delete(inSeq);
      return key ? [{ type: "shown", inSeq, outMs: key.outMs, waitMs: whole(came - key.left), inMs: whole(now - came) }] : [];
    });
  }
}
