import { describe, expect, it } from "vitest";
import { addDays, dateIn, rows, strip } from "../src";

const timed = (title: string, start: string, end: string) => ({ title, start, end, all_day: false });
const day = "2026-07-29";
const at = (time: string) => new Date(`${day}T${time}:00+09:00`);

describe("a day's rows", () => {
  it("put all-day entries first and mark the one that is now", () => {
    const shown = rows(
      [
        timed("予算ヒアリング", `${day}T09:30:00+09:00`, `${day}T10:30:00+09:00`),
        { title: "夏季休暇", start: "2026-07-28", end: "2026-07-31", all_day: true },
        timed("幹部会議", `${day}T08:45:00+09:00`, `${day}T09:15:00+09:00`),
      ],
      day,
      at("09:41"),
    );

    expect(shown.map((row) => [row.entry.title, row.now, row.spans])).toEqual([
      ["夏季休暇", false, true],
      ["幹部会議", false, false],
      ["予算ヒアリング", true, false],
    ]);
  });

  it("mark what overlaps the next entry, and touching is no overlap", () => {
    const shown = rows(
      [
        timed("a", `${day}T13:00:00+09:00`, `${day}T14:00:00+09:00`),
        timed("b", `${day}T13:30:00+09:00`, `${day}T15:00:00+09:00`),
        timed("c", `${day}T15:00:00+09:00`, `${day}T16:00:00+09:00`),
      ],
      day,
      at("08:00"),
    );

    expect(shown.map((row) => row.clash)).toEqual([true, false, false]);
  });

  it("leave out other days, whatever zone the times are written in", () => {
    const shown = rows(
      [
        timed("yesterday", "2026-07-28T14:00:00Z", "2026-07-28T15:00:00Z"),
        timed("today", "2026-07-28T15:00:00Z", "2026-07-28T15:30:00Z"),
        timed("tomorrow", "2026-07-29T15:00:00Z", "2026-07-29T15:30:00Z"),
        { title: "holiday", start: "2026-07-28", end: "2026-07-29", all_day: true },
      ],
      day,
      at("08:00"),
    );

    expect(shown.map((row) => row.entry.title)).toEqual(["today"]);
  });
});

describe("days", () => {
  it("are Tokyo's", () => {
    expect(dateIn(new Date("2026-07-28T15:00:00Z"))).toBe("2026-07-29");
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  });

  it("strip to the working week, and a Sunday is still in sight", () => {
    expect(strip("2026-07-29")).toEqual(["2026-07-27", "2026-07-28", "2026-07-29", "2026-07-30", "2026-07-31"]);
    expect(strip("2026-08-02")).toEqual(["2026-07-29", "2026-07-30", "2026-07-31", "2026-08-01", "2026-08-02"]);
  });
});
