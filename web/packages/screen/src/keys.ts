/**
 * Keyboard: `KeyboardEvent.code` to PC/AT set 1 scancodes (106/109-key Japanese and 104-key US), and `key` to X11 keysyms.
 * Scancodes are positions, so the office PC's own layout decides what they mean; keysyms are for VNC.
 */

export interface Scancode {
  scancode: number;
  extended: boolean;
}

const ROWS: [number, string][] = [
  [0x01, "Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace"],
  [0x0f, "Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft"],
  [0x1e, "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash"],
  [0x2c, "KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply AltLeft Space CapsLock"],
  [0x3b, "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock Numpad7 Numpad8 Numpad9 NumpadSubtract"],
  [0x4b, "Numpad4 Numpad5 Numpad6 NumpadAdd Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal"],
];
const SINGLE: { [code: string]: number } = {
  IntlBackslash: 0x56, F11: 0x57, F12: 0x58, IntlRo: 0x73, IntlYen: 0x7d, Convert: 0x79, NonConvert: 0x7b,
  KanaMode: 0x70, Lang1: 0x72, Lang2: 0x71,
};
const EXTENDED: { [code: string]: number } = {
  NumpadEnter: 0x1c, ControlRight: 0x1d, NumpadDivide: 0x35, PrintScreen: 0x37, AltRight: 0x38, Home: 0x47,
  ArrowUp: 0x48, PageUp: 0x49, ArrowLeft: 0x4b, ArrowRight: 0x4d, End: 0x4f, ArrowDown: 0x50, PageDown: 0x51,
  Insert: 0x52, Delete: 0x53, MetaLeft: 0x5b, MetaRight: 0x5c, ContextMenu: 0x5d,
};

const TABLE = new Map<string, Scancode>();
for (const [first, codes] of ROWS) {
  codes.split(" ").forEach((code, index) => TABLE.set(code, { scancode: first + index, extended: false }));
}
for (const [code, scancode] of Object.entries(SINGLE)) TABLE.set(code, { scancode, extended: false });
for (const [code, scancode] of Object.entries(EXTENDED)) TABLE.set(code, { scancode, extended: true });

/** Japanese keyboards report 半角/全角 as Backquote, and as the set-1 position 0x29 it is the very same key. */
export function scancodeOf(code: string): Scancode | null {
  return TABLE.get(code) ?? null;
}

const NAMED: { [key: string]: number } = {
  Backspace: 0xff08, Tab: 0xff09, Enter: 0xff0d, Pause: 0xff13, ScrollLock: 0xff14, Escape: 0xff1b, Delete: 0xffff,
  Home: 0xff50, ArrowLeft: 0xff51, ArrowUp: 0xff52, ArrowRight: 0xff53, ArrowDown: 0xff54, PageUp: 0xff55,
  PageDown: 0xff56, End: 0xff57, PrintScreen: 0xff61, Insert: 0xff63, ContextMenu: 0xff67, NumLock: 0xff7f,
  CapsLock: 0xffe5, KanjiMode: 0xff21, NonConvert: 0xff22, Convert: 0xff23, Romaji: 0xff24, Hiragana: 0xff25,
  Katakana: 0xff26, HiraganaKatakana: 0xff27, Zenkaku: 0xff28, Hankaku: 0xff29, ZenkakuHankaku: 0xff2a,
  KanaMode: 0xff2d, Alphanumeric: 0xff30, Eisu: 0xff30, AltGraph: 0xfe03,
};
const SIDED: { [key: string]: [number, number] } = {
  Shift: [0xffe1, 0xffe2], Control: [0xffe3, 0xffe4], Alt: [0xffe9, 0xffea], Meta: [0xffeb, 0xffec],
};

/** X11 keysym of what the key means here and now; 0 when there is none. */
export function keysymOf(key: string, code: string): number {
  const sided = SIDED[key];
  if (sided) return sided[code.endsWith("Right") ? 1 : 0];
  const named = NAMED[key];
  if (named !== undefined) return named;
  const f = /^F(\d{1,2})$/.exec(key);
  if (f) return 0xffbd + Number(f[1]);
  const point = key.codePointAt(0) ?? 0;
  if (key.length !== String.fromCodePoint(point).length || point < 0x20) return 0;
  return point < 0x100 ? point : 0x01000000 + point;
}

/** Keys whose going up browsers do not report (Windows input methods): they are let go at once. */
export function hasNoKeyUp(key: string): boolean {
  return /^(Zenkaku|Hankaku|ZenkakuHankaku|KanjiMode|Alphanumeric|Eisu|Hiragana|Katakana|HiraganaKatakana|Romaji|KanaMode)$/.test(
    key,
  );
}

/** Combinations a browser keeps for itself, as [code, key] in the order they go down. */
export const COMBINATIONS = {
  "ctrl-alt-del": [["ControlLeft", "Control"], ["AltLeft", "Alt"], ["Delete", "Delete"]],
  win: [["MetaLeft", "Meta"]],
  "alt-tab": [["AltLeft", "Alt"], ["Tab", "Tab"]],
  hankaku: [["Backquote", "ZenkakuHankaku"]],
} as const satisfies { [name: string]: readonly (readonly [string, string])[] };

export type Combination = keyof typeof COMBINATIONS;
