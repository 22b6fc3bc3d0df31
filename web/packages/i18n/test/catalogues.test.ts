import { describe, expect, it } from "vitest";
import en from "../en.json";
import ja from "../ja.json";
import { isKey, Translator, translator } from "../src";

const places = (sentence: string) => (sentence.match(/\{\w+\}/g) ?? []).sort();

describe("the catalogues", () => {
  it("hold the same keys, none empty, with the same places", () => {
    expect(Object.keys(en).sort()).toEqual(Object.keys(ja).sort());
    for (const [key, sentence] of Object.entries(ja)) {
      expect(sentence).not.toBe("");
      if (isKey(key)) expect(places(en[key])).toEqual(places(sentence));
    }
  });

  it("fill places and leave unknown ones visible", async () => {
    const english = await translator("en");

    expect(english.t("pcs.used", { time: "9:00" })).toBe("Last used 9:00");
    expect(english.t("pcs.used")).toBe("Last used {time}");
  });

  it("say something for a code nobody knows", () => {
    expect(new Translator().problem("office.new")).toBe(ja["problem.bug.unexpected"]);
  });

  it("show Tokyo's time wherever the device is", () => {
    const at = new Date("2026-07-28T23:45:00Z");
    expect(new Translator().time(at)).toBe("8:45");
    expect(new Translator().day(at)).toContain("29");
  });
});
