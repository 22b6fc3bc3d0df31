/**
 * The office PC on this page: canvas, input, local cursor, and coming back when the line is lost.
 * Framework-free; the page gives a host element and a way to ask for a connection.
 */

import type { Input } from "@sudare/wire";
import { canDecode } from "./darkroom";
import { codecs } from "./film";
import type { Combination } from "./keys";
import { Keyboard } from "./keyboard";
import type { Caps, Connection, CursorImage, FromWorker, Lag, ToWorker } from "./messages";
import { Pointer } from "./pointer";
import type { Sound } from "./sound";
import type { Spare } from "./spare";

export interface ViewerState {
  phase: "connecting" | "active" | "reconnecting" | "closed";
  /** Problem code; empty or absent when the person ended it. */
  code?: string;
  rttMs?: number;
  lag?: Lag;
  /** Reconnecting: seconds since the line was lost. */
  waitS?: number;
  /** The office records what this session shows; the person has to be told. */
  recorded?: boolean;
  /** The office PC can be heard, when the person asks for it. */
  sound?: boolean;
}

export interface ViewerOptions {
  host: HTMLElement;
  connect(): Promise<Connection>;
  onState(state: ViewerState): void;
  onEscape(): void;
  layout: "jp" | "us";
  /** Where the worker comes from. */
  spare: Spare;
  label?: string;
}

const GIVE_UP_S = 120;
const FIT_MS = 300;
/** Slots of the tile cache, 16 KiB each when full: 64 MiB on a PC, 32 MiB on a phone. */
const TILES = 4096;
const TILES_PHONE = 2048;

export class Viewer {
  private readonly canvas = document.createElement("canvas");
  private readonly worker: Worker;
  private readonly keyboard: Keyboard;
  private readonly pointer: Pointer;
  private readonly observer: ResizeObserver;
  private readonly onVisible = () => this.sendView();
  private readonly tiles = isPhone() ? TILES_PHONE : TILES;
  private video = codecs();
  private state: ViewerState = { phase: "connecting" };
  private size = { w: 0, h: 0 };
  private seq = 0;
  private lostAt: number | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private fitting: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;
  private hearing = false;
  private sound: Sound | null = null;

  constructor(private readonly options: ViewerOptions) {
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    if (options.label) this.canvas.setAttribute("aria-label", options.label);
    options.host.append(this.canvas);
    const canvas = this.canvas.transferControlToOffscreen();
    this.worker = options.spare.take();
    this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.heard(data);
    this.worker.postMessage({ type: "canvas", canvas, tiles: this.tiles } satisfies ToWorker, [canvas]);
    const send = (item: Input, at?: number) => this.input(item, at);
    const next = () => (this.seq = (this.seq + 1) & 0xffff);
    this.keyboard = new Keyboard(this.canvas, send, next, () => options.onEscape());
    this.pointer = new Pointer(this.canvas, () => this.size, send, next);
    this.observer = new ResizeObserver(() => this.refit());
    this.observer.observe(options.host);
    document.addEventListener("visibilitychange", this.onVisible);
  }

  start(): void {
    this.tell({ phase: "connecting" });
    void this.open();
  }

  /** End the session at the office and leave. */
  stop(): void {
    if (this.stopped) return;
    this.post({ type: "stop" });
    this.finish("");
  }

  private input(item: Input, at = performance.now()): void {
    this.post({ type: "input", item, at: performance.timeOrigin + at });
  }

  sendKeys(name: Combination): void {
    this.keyboard.combination(name);
    this.focus();
  }

  focus(): void {
    this.canvas.focus({ preventScroll: true });
  }

  /** Play what the office PC plays, or no longer; asked for by a click, or browsers keep silent. */
  async hear(on: boolean): Promise<void> {
    this.hearing = on;
    this.sound?.stop();
    this.sound = null;
    if (on) {
      const { Sound: Player } = await import("./sound");
      if (this.stopped || !this.hearing || this.sound) return;
      this.sound = new Player(() => void this.hear(false));
    }
    this.input({ type: "hear", on });
  }

  /** Whether the person asked to hear it. */
  get hears(): boolean {
    return this.hearing;
  }

  private post(message: ToWorker): void {
    this.worker.postMessage(message);
  }

  private async open(): Promise<void> {
    try {
      const connection = await this.options.connect();
      if (this.stopped) return;
      const { w, h, scale } = this.view();
      const { tiles } = this;
      const audio = "AudioDecoder" in window && "AudioContext" in window;
      const caps: Caps = { zstd: true, tiles, ramp: true, jpeg: canDecode(), video: await this.video, audio };
      const hello = { ...connection.hello, view: { w, h, scale }, caps };
      this.post({ type: "open", connection: { ...connection, hello } });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "link.lost";
      const again = this.lostAt !== null && !code.startsWith("denied.") && !code.startsWith("caller.");
      if (again) this.retry();
      else this.finish(code);
    }
  }

  private heard(message: FromWorker): void {
    if (this.stopped) return;
    switch (message.type) {
      case "size":
        this.size = { w: message.w, h: message.h };
        this.place();
        break;
      case "phase":
        if (message.phase === "active") {
          this.lostAt = null;
          clearTimeout(this.timer);
          this.sendView();
          if (this.hearing && message.sound) this.input({ type: "hear", on: true });
        }
        if (this.lostAt === null) this.tell({ phase: message.phase, recorded: message.recorded, sound: message.sound });
        break;
      case "lag":
        this.tell({ ...this.state, ...message, ...{ type: undefined } });
        break;
      case "sound":
        this.sound?.play(message.number, message.packets);
        break;
      case "cursor":
        this.canvas.style.cursor = cssCursor(message.image);
        break;
      case "no-video":
        this.video = Promise.resolve([]);
        this.retry();
        break;
      case "lost":
        if (message.final || (this.state.phase === "connecting" && this.lostAt === null)) this.finish(message.code);
        else this.retry();
        break;
    }
  }

  /** Keep the picture, count, and try again: 0.5 s doubled to 8 s, for two minutes. */
  private retry(): void {
    this.lostAt ??= performance.now();
    const waited = (performance.now() - this.lostAt) / 1000;
    if (waited > GIVE_UP_S) {
      this.finish("link.lost");
      return;
    }
    this.tell({ phase: "reconnecting", waitS: Math.round(waited) });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.open(), 1000 * Math.min(8, Math.max(0.5, waited)));
  }

  private finish(code: string): void {
    this.stopped = true;
    this.sound?.stop();
    clearTimeout(this.timer);
    clearTimeout(this.fitting);
    this.keyboard.stop();
    this.pointer.stop();
    this.observer.disconnect();
    document.removeEventListener("visibilitychange", this.onVisible);
    // The end record still has to leave before the worker goes.
    setTimeout(() => this.worker.terminate(), 2000);
    this.tell({ phase: "closed", code });
  }

  private tell(state: ViewerState): void {
    this.state = state;
    this.options.onState(state);
  }

  // -- the picture on the page ----------------------------------------------

  private view(): { w: number; h: number; scale: number } {
    const box = this.options.host.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    const side = (css: number, least: number) => Math.max(least, Math.min(8192, Math.floor(css * ratio)));
    // Office PCs want even widths; below 640x400 no desktop is usable and the picture is shrunk instead.
    return { w: side(box.width, 640) & ~1, h: side(box.height, 400), scale: Math.round(100 * ratio) };
  }

  private refit(): void {
    this.place();
    clearTimeout(this.fitting);
    this.fitting = setTimeout(() => this.sendView(), FIT_MS);
  }

  private sendView(): void {
    if (this.stopped) return;
    this.input({ type: "view", ...this.view(), visible: document.visibilityState === "visible" });
  }

  /** One desktop pixel on one device pixel where it fits, shrunk to fit otherwise. */
  private place(): void {
    const box = this.options.host.getBoundingClientRect();
    const { w, h } = this.size;
    if (!w || !box.width) return;
    const ratio = window.devicePixelRatio || 1;
    const factor = Math.min(1 / ratio, box.width / w, box.height / h);
    this.canvas.style.width = `${w * factor}px`;
    this.canvas.style.height = `${h * factor}px`;
  }
}

function isPhone(): boolean {
  return matchMedia("(pointer: coarse)").matches && Math.min(screen.width, screen.height) < 600;
}

function cssCursor(image: CursorImage | "hidden" | "default"): string {
  if (image === "hidden") return "none";
  if (image === "default") return "default";
  const canvas = document.createElement("canvas");
  canvas.width = image.w;
  canvas.height = image.h;
  const data = new ImageData(new Uint8ClampedArray(image.rgba), image.w, image.h);
  canvas.getContext("2d")?.putImageData(data, 0, 0);
  return `url(${canvas.toDataURL()}) ${Math.min(image.hotX, image.w - 1)} ${Math.min(image.hotY, image.h - 1)}, default`;
}
