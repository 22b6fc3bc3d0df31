/**
 * The keyboard of the canvas. INVARIANT: a key is never left hanging: focus, visibility or the page going away lets all go.
 * Holding Escape for a second gives the keyboard back to this device (WCAG 2.1.2).
 */

import type { Input } from "@sudare/wire";
import { COMBINATIONS, hasNoKeyUp, keysymOf, scancodeOf, type Combination } from "./keys";

const ESCAPE_MS = 1000;

export class Keyboard {
  private readonly held = new Map<string, number>();
  private escape: ReturnType<typeof setTimeout> | undefined;
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly target: HTMLElement,
    private readonly send: (item: Input, at?: number) => void,
    private readonly nextSeq: () => number,
    private readonly onEscape: () => void,
  ) {
    this.listen(target, "keydown", (event) => this.down(event as KeyboardEvent));
    this.listen(target, "keyup", (event) => this.up(event as KeyboardEvent));
    this.listen(target, "blur", () => this.release());
    this.listen(window, "blur", () => this.release());
    this.listen(document, "visibilitychange", () => this.release());
  }

  private listen(on: EventTarget, type: string, handler: (event: Event) => void): void {
    on.addEventListener(type, handler);
    this.stops.push(() => on.removeEventListener(type, handler));
  }

  private key(down: boolean, code: string, keysym: number, at?: number): void {
    const where = scancodeOf(code);
    const { scancode = 0, extended = false } = where ?? {};
    this.send({ type: "key", inSeq: this.nextSeq(), down, extended, scancode, keysym }, at);
  }

  private down(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return; // an input method here is at work
    event.preventDefault();
    const { code, key } = event;
    if (code === "Escape" && !event.repeat) this.escape = setTimeout(() => this.giveBack(), ESCAPE_MS);
    const keysym = this.held.get(code) ?? keysymOf(key, code);
    this.key(true, code, keysym, event.timeStamp);
    if (hasNoKeyUp(key)) this.key(false, code, keysym);
    else this.held.set(code, keysym);
  }

  private up(event: KeyboardEvent): void {
    event.preventDefault();
    if (event.code === "Escape") clearTimeout(this.escape);
    const keysym = this.held.get(event.code);
    if (keysym === undefined) return;
    this.held.delete(event.code);
    this.key(false, event.code, keysym);
    // macOS reports no key-up of others while Command is held.
    if (event.key === "Meta") this.release();
  }

  private giveBack(): void {
    this.release();
    this.target.blur();
    this.onEscape();
  }

  /** Press and let go a combination the browser would keep. */
  combination(name: Combination): void {
    const keys = COMBINATIONS[name];
    for (const [code, key] of keys) this.key(true, code, keysymOf(key, code));
    for (const [code, key] of [...keys].reverse()) this.key(false, code, keysymOf(key, code));
  }

  release(): void {
    clearTimeout(this.escape);
    this.held.clear();
    this.send({ type: "release", inSeq: this.nextSeq() });
  }

  stop(): void {
    clearTimeout(this.escape);
    for (const stop of this.stops) stop();
  }
}
