import { describe, expect, it } from "vitest";
import { hasNoKeyUp, keysymOf, scancodeOf } from "../src/keys";
import { notches } from "../src/pointer";

describe("scancodes", () => {
  it.each([
    ["KeyA", 0x1e, false], ["KeyZ", 0x2c, false], ["Enter", 0x1c, false], ["NumpadEnter", 0x1c, true],
    ["Space", 0x39, false], ["CapsLock", 0x3a, false], ["F1", 0x3b, false], ["F10", 0x44, false], ["F12", 0x58, false],
    ["Numpad7", 0x47, false], ["NumpadDecimal", 0x53, false], ["Delete", 0x53, true], ["ArrowUp", 0x48, true],
    ["Backquote", 0x29, false], ["Convert", 0x79, false], ["NonConvert", 0x7b, false], ["KanaMode", 0x70, false],
    ["IntlYen", 0x7d, false], ["IntlRo", 0x73, false], ["ShiftRight", 0x36, false], ["AltRight", 0x38, true],
    ["Backspace", 0x0e, false], ["Backslash", 0x2b, false], ["Slash", 0x35, false], ["NumpadMultiply", 0x37, false],
  ])("%s is %i", (code, scancode, extended) => {
    expect(scancodeOf(code)).toEqual({ scancode, extended });
  });
  it("knows no key that is none", () => {
    expect(scancodeOf("BrowserHome")).toBeNull();
  });
});

describe("keysyms", () => {
  it.each([
    ["a", "KeyA", 0x61], ["A", "KeyA", 0x41], ["¥", "IntlYen", 0xa5], ["あ", "KeyA", 0x01003042], ["Enter", "Enter", 0xff0d],
    ["Shift", "ShiftRight", 0xffe2], ["Control", "ControlLeft", 0xffe3], ["F5", "F5", 0xffc2], ["Unidentified", "", 0],
    ["Dead", "Quote", 0], ["𠮷", "", 0x01020bb7], ["ZenkakuHankaku", "Backquote", 0xff2a],
  ])("%s is %i", (key, code, keysym) => {
    expect(keysymOf(key, code)).toBe(keysym);
  });
  it("lets go at once what browsers never let go", () => {
    expect(hasNoKeyUp("ZenkakuHankaku")).toBe(true);
    expect(hasNoKeyUp("Convert")).toBe(false);
  });
});

describe("wheels and counters", () => {
  it("turns pixels, lines and pages into notches", () => {
    expect([notches(100, 0), notches(3, 1), notches(1, 2), notches(-100, 0)]).toEqual([120, 144, 960, -120]);
  });
});
