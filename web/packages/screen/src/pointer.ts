/** Mouse, pen and fingers on the canvas: tap = click, long press = right click, two fingers scroll. */

import type { Input } from "@sudare/wire";

const MOVE_MS = 8;
const LONG_PRESS_MS = 500;
const SLOP_PX = 10;
const LINE_PX = 40;
const BITS = [1, 2, 4, 8, 16]; // MouseEvent.button -> our bit: left, middle, right, back, forward

/** Wheel movement in 120ths of a notch; browsers count pixels, lines or pages. */
export function notches(delta: number, mode: number): number {
  const px = mode === 1 ? delta * LINE_PX : mode === 2 ? delta * 800 : delta;
  return Math.max(-32_767, Math.min(32_767, Math.round(px * 1.2)));
}

export class Pointer {
  private buttons = 0;
  private x = 0;
  private y = 0;
  private sentAt = 0;
  private later: ReturnType<typeof setTimeout> | undefined;
  private press: ReturnType<typeof setTimeout> | undefined;
  private touches = new Map<number, { x: number; y: number }>();
  private touchStart: { x: number; y: number } | null = null;
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly size: () => { w: number; h: number },
    private readonly send: (item: Input) => void,
    private readonly nextSeq: () => number,
  ) {
    this.on("pointerdown", (event) => this.down(event));
    this.on("pointermove", (event) => this.move(event));
    this.on("pointerup", (event) => this.up(event));
    this.on("pointercancel", (event) => this.up(event));
    this.listen("wheel", (event) => this.wheel(event as WheelEvent));
    this.listen("contextmenu", (event) => event.preventDefault());
  }

  private on(type: string, handler: (event: PointerEvent) => void): void {
    this.listen(type, (event) => handler(event as PointerEvent));
  }

  private listen(type: string, handler: (event: Event) => void): void {
    this.canvas.addEventListener(type, handler, { passive: false });
    this.stops.push(() => this.canvas.removeEventListener(type, handler));
  }

  private at(event: MouseEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    const { w, h } = this.size();
    const place = (value: number, low: number, length: number, limit: number) =>
      Math.max(0, Math.min(limit - 1, Math.floor(((value - low) * limit) / Math.max(1, length))));
    return { x: place(event.clientX, box.left, box.width, w), y: place(event.clientY, box.top, box.height, h) };
  }

  private flush(): void {
    clearTimeout(this.later);
    this.later = undefined;
    this.sentAt = performance.now();
    this.send({ type: "pointer", inSeq: this.nextSeq(), x: this.x, y: this.y, buttons: this.buttons });
  }

  private down(event: PointerEvent): void {
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") {
      this.touchDown(event);
      return;
    }
    this.set(this.at(event));
    this.buttons |= BITS[event.button] ?? 0;
    this.flush();
  }

  private move(event: PointerEvent): void {
    if (event.pointerType === "touch") {
      this.touchMove(event);
      return;
    }
    // A second button going down or up comes as a move.
    const held = event.buttons;
    const buttons = (held & 1) | ((held & 4) >> 1) | ((held & 2) << 1) | (held & 8) | (held & 16);
    this.set(this.at(event));
    if (buttons !== this.buttons) {
      this.buttons = buttons;
      this.flush();
    } else this.moved();
  }

  private up(event: PointerEvent): void {
    if (event.pointerType === "touch") {
      this.touchUp(event);
      return;
    }
    this.set(this.at(event));
    this.buttons &= ~(BITS[event.button] ?? 31);
    this.flush();
  }

  private set(place: { x: number; y: number }): void {
    this.x = place.x;
    this.y = place.y;
  }

  /** At most 120 moves a second; the last one always goes. */
  private moved(): void {
    const wait = MOVE_MS - (performance.now() - this.sentAt);
    if (wait <= 0) this.flush();
    else this.later ??= setTimeout(() => this.flush(), wait);
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    this.set(this.at(event));
    this.scroll(notches(event.deltaX, event.deltaMode), notches(event.deltaY, event.deltaMode));
  }

  private scroll(dx: number, dy: number): void {
    if (dx || dy) this.send({ type: "wheel", inSeq: this.nextSeq(), x: this.x, y: this.y, dx, dy });
  }

  private click(button: number): void {
    this.buttons = button;
    this.flush();
    this.buttons = 0;
    this.flush();
  }

  private touchDown(event: PointerEvent): void {
    this.touches.set(event.pointerId, { x: event.clientX, y: event.clientY });
    clearTimeout(this.press);
    if (this.touches.size > 1) {
      this.touchStart = null;
      return;
    }
    this.touchStart = { x: event.clientX, y: event.clientY };
    this.set(this.at(event));
    this.press = setTimeout(() => {
      this.touchStart = null;
      this.click(4);
    }, LONG_PRESS_MS);
  }

  private touchMove(event: PointerEvent): void {
    const before = this.touches.get(event.pointerId);
    if (!before) return;
    this.touches.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.touches.size === 2) {
      this.scroll(Math.round((before.x - event.clientX) * 1.2), Math.round((before.y - event.clientY) * 1.2));
      return;
    }
    const start = this.touchStart;
    if (start && Math.hypot(event.clientX - start.x, event.clientY - start.y) > SLOP_PX) {
      clearTimeout(this.press);
      this.touchStart = null;
      this.buttons = 1; // a drag
    }
    if (this.buttons) {
      this.set(this.at(event));
      this.moved();
    }
  }

  private touchUp(event: PointerEvent): void {
    clearTimeout(this.press);
    this.touches.delete(event.pointerId);
    if (this.touchStart && event.type === "pointerup") this.click(1);
    else if (this.buttons) {
      this.buttons = 0;
      this.flush();
    }
    this.touchStart = null;
  }

  stop(): void {
    clearTimeout(this.later);
    clearTimeout(this.press);
    for (const stop of this.stops) stop();
  }
}
