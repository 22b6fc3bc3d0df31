import { describe, expect, it } from "vitest";
import { Stopwatch } from "../src/stopwatch";

describe("the browser's part of a key's way", () => {
  it("is split where the key leaves and where its answer comes", () => {
    const watch = new Stopwatch();

    watch.left(7, 100, 104.4);

    expect(watch.shown([7], 250, 261.2)).toEqual([{ type: "shown", inSeq: 7, outMs: 4, waitMs: 146, inMs: 11 }]);
  });

  it("is told once, and not for a key nobody here pressed", () => {
    const watch = new Stopwatch();
    watch.left(7, 100, 104);
    watch.shown([7], 250, 261);

    expect(watch.shown([7], 250, 261)).toEqual([]);
    expect(watch.shown([8], 250, 261)).toEqual([]);
  });

  it("stays within what the wire takes, whatever two clocks say of each other", () => {
    const watch = new Stopwatch();
    watch.left(1, 500, 100);
    watch.left(2, 0, 100);

    expect(watch.shown([1], 200, 200)).toMatchObject([{ outMs: 0 }]);
    expect(watch.shown([2], 1e9, 2e9)).toMatchObject([{ waitMs: 65_535, inMs: 65_535 }]);
  });

  it("keeps the newest of many keys that nothing answers", () => {
    const watch = new Stopwatch();
    for (let seq = 0; seq < 1000; seq += 1) watch.left(seq, 0, 0);

    expect(watch.shown([935], 1, 2)).toEqual([]);
    expect(watch.shown([936], 1, 2)).toHaveLength(1);
  });

  it("counts a number that comes round again anew", () => {
    const watch = new Stopwatch();
    watch.left(3, 0, 1);
    watch.left(3, 1000, 1005);

    expect(watch.shown([3], 1010, 1012)).toMatchObject([{ outMs: 5, waitMs: 5, inMs: 2 }]);
  });
});
