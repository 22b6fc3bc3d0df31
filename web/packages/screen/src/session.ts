/**
 * One session as the worker sees it: socket, channel, framebuffer, canvas.
 * A record is acknowledged after it was painted; where an image is being decoded nothing is painted. At rest nothing is sent and no timer runs.
 */

import { Channel, decodeRecords, encodeInput, Flag, Malformed, type Body, type Input, type Record } from "@sudare/wire";
import { decode } from "./darkroom";
import { Projector } from "./film";
import { Framebuffer, type Rect } from "./framebuffer";
import type { Connection, CursorImage, FromWorker } from "./messages";
import { ReadyLine } from "./ready";
import { Stopwatch } from "./stopwatch";
import { verdict } from "./verdict";

const PING_EVERY_MS = 2000;
const SILENCE_MS = 8000;
const INPUTS = new Set(["key", "pointer", "wheel", "text"]);

export class Session {
  private readonly frame: Framebuffer;
  private image: ImageData | null = null;
  private context: OffscreenCanvasRenderingContext2D | null = null;
  private line: Line | null = null;
  private readonly projector = new Projector();
  private cursors = new Map<number, CursorImage>();
  private resynced = false;
  private readonly watch = new Stopwatch();
  private answered: number[] = [];
  private pingAt = Number.NEGATIVE_INFINITY;
  private pinged = 0;

  constructor(
    private readonly canvas: OffscreenCanvas,
    tiles: number,
    private readonly tell: (message: FromWorker) => void,
    private readonly lines = new ReadyLine(),
  ) {
    this.frame = new Framebuffer(tiles);
  }

  /** Open a line; an older one is left. */
  open(connection: Connection): void {
    this.line?.leave();
    this.resynced = false;
    const line = new Line(this.lines.take(connection.url), connection, {
      message: (plain, newest, came) => this.take(line, plain, newest, came),
      lost: (code, final) => {
        if (this.line !== line) return;
        this.line = null;
        this.tell({ type: "lost", code, final });
      },
    });
    this.line = line;
  }

  stop(): void {
    this.line?.send(encodeInput({ type: "end", how: 0 }));
    this.line?.leave(1000);
    this.projector.close();
    this.line = null;
  }

  input(item: Input, at: number): void {
    if (INPUTS.has(item.type)) this.ping();
    const sent = this.line?.send(encodeInput(item));
    if (item.type === "text" || (item.type === "key" && item.down)) {
      void sent?.then(() => this.watch.left(item.inSeq, at - performance.timeOrigin, performance.now()));
    }
  }

  private ping(): void {
    const now = performance.now();
    if (now - this.pingAt < PING_EVERY_MS) return;
    this.pingAt = now;
    this.pinged = (this.pinged + 1) & 0xffff;
    this.line?.send(encodeInput({ type: "ping", n: this.pinged }));
    this.line?.expectAnswer();
  }

  private take(line: Line, plain: Uint8Array, backlog: number, came: number): void {
    const answered: number[] = (this.answered = []);
    let newest = 0;
    try {
      for (const record of decodeRecords(plain)) {
        this.apply(record);
        newest = Math.max(newest, record.seq);
      }
    } catch (error) {
      this.misunderstood(line, error);
      return;
    }
    const images = this.frame.takeImages().map(async ({ image, develop }) => {
      develop(await decode(image).catch(() => null)); // exact pixels follow by themselves
    });
    const frames = this.frame.takeFrames().map(async (showing) => {
      const shown = await this.projector.show(showing, this.context, (areas) => this.paint(areas));
      if (!shown) this.cannotProject(line);
    });
    const told = () => this.watch.shown(answered, came).forEach((item) => void line.send(encodeInput(item)));
    if (images.length + frames.length === 0) {
      this.show(line, newest, backlog);
      told();
      return;
    }
    this.paint();
    void Promise.all(images).then(told); // no key waits for a film
    void Promise.all([...images, ...frames]).then(() => this.show(line, newest, backlog));
  }

  private show(line: Line, newest: number, backlog: number): void {
    this.paint();
    if (!newest || line !== this.line) return;
    void line.send(encodeInput({ type: "ack", seq: newest, backlog }));
    this.ping();
  }

  /** The decoder is gone, and the film cannot go on without it: come back as a browser that takes images. */
  private cannotProject(line: Line): void {
    if (line !== this.line) return;
    line.leave();
    this.line = null;
    this.tell({ type: "no-video" });
  }

  /** Ask once for everything anew; a second time the line is given up. */
  private misunderstood(line: Line, error: unknown): void {
    if (!(error instanceof Malformed) || this.resynced) {
      line.leave(4400, "caller.malformed");
      this.line = null;
      this.tell({ type: "lost", code: "caller.malformed", final: true });
      return;
    }
    this.resynced = true;
    line.send(encodeInput({ type: "resync" }));
  }

  private apply(record: Record): void {
    if (record.flags & Flag.RESET) {
      this.frame.reset();
      this.cursors.clear();
    } else if (this.resynced && record.body.type === "update") return; // of the stream we lost
    if (record.flags & Flag.RESET) this.resynced = false;
    this.act(record.body);
  }

  private act(body: Body): void {
    switch (body.type) {
      case "update":
        this.frame.update(body.ops, body.stream);
        break;
      case "resize":
        this.resize(body.w, body.h);
        break;
      case "state":
        if (body.state === "closed") this.line?.ending(body.code ?? "");
        else this.tell({ type: "phase", phase: body.state, recorded: body.recorded, sound: body.sound });
        break;
      case "pong":
        if (body.n === this.pinged) this.tell({ type: "lag", rttMs: Math.round(performance.now() - this.pingAt) });
        break;
      case "audio":
        this.tell({ type: "sound", number: body.number, packets: body.packets.map((packet) => packet.slice()) });
        break;
      case "line":
        break;
      case "answer":
        this.answered.push(body.inSeq);
        break;
      case "lag":
        this.tell({ type: "lag", lag: { cause: body.cause, coarse: body.coarse, ms: body.ms } });
        break;
      case "cursor-image":
        this.cursors.set(body.id, body);
        this.tell({ type: "cursor", image: { ...body, rgba: body.rgba.slice() } });
        break;
      case "cursor-cached": {
        const known = this.cursors.get(body.id);
        if (!known) throw new Malformed("a cursor that was never sent");
        this.tell({ type: "cursor", image: { ...known, rgba: known.rgba.slice() } });
        break;
      }
      case "cursor-hidden":
      case "cursor-arrow":
        this.tell({ type: "cursor", image: body.type === "cursor-hidden" ? "hidden" : "default" });
        break;
    }
  }

  private resize(w: number, h: number): void {
    this.frame.resize(w, h);
    this.canvas.width = w;
    this.canvas.height = h;
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.image = new ImageData(new Uint8ClampedArray(this.frame.pixels.buffer), w, h);
    this.tell({ type: "size", w, h });
  }

  private paint(areas: Rect[] = this.frame.takeDirty()): void {
    if (!this.context || !this.image) return;
    for (const { x, y, w, h } of areas) this.context.putImageData(this.image, 0, 0, x, y, w, h);
  }
}

interface Handlers {
  /** `came`: when it arrived, before it was opened. */
  message(plain: Uint8Array, backlog: number, came: number): void;
  /** `final`: trying again would not help. */
  lost(code: string, final: boolean): void;
}

/** One WebSocket and its channel. */
class Line {
  private readonly channel: Promise<Channel>;
  private waiting = 0;
  private greeted = false;
  private left = false;
  private told = "";
  private silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly socket: WebSocket,
    connection: Connection,
    private readonly handlers: Handlers,
  ) {
    this.channel = Channel.open(connection);
    this.socket.binaryType = "arraybuffer";
    if (this.socket.readyState === WebSocket.OPEN) void this.greet(connection);
    else this.socket.onopen = () => void this.greet(connection);
    this.socket.onmessage = (event) => void this.receive(new Uint8Array(event.data as ArrayBuffer));
    this.socket.onclose = (event) => this.closed(event.code, event.reason);
  }

  /** The ticket for the gateway, then the hello for the office; they leave together. */
  private async greet({ ticket, hello }: Connection): Promise<void> {
    const channel = await this.channel;
    const first = await channel.first(new TextEncoder().encode(JSON.stringify(hello)));
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(ticket);
    this.socket.send(first);
    this.greeted = true;
  }

  private async receive(data: Uint8Array<ArrayBuffer>): Promise<void> {
    const came = performance.now();
    clearTimeout(this.silence);
    this.waiting += 1;
    try {
      const plain = await (await this.channel).open(data);
      this.waiting -= 1;
      if (!this.left) this.handlers.message(plain, this.waiting, came);
    } catch {
      this.leave(4400, "caller.malformed");
      this.handlers.lost("caller.malformed", true);
    }
  }

  /** Done when the socket has it. */
  async send(plain: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.left || !this.greeted || this.socket.readyState !== WebSocket.OPEN) return;
    const sealed = await (await this.channel).seal(plain);
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(sealed);
  }

  /** Something was asked: silence now means that the line is gone. */
  expectAnswer(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.leave();
      this.handlers.lost("link.lost", false);
    }, SILENCE_MS);
  }

  /** The office said why it is about to close. */
  ending(code: string): void {
    this.told = code || "ended";
  }

  leave(code = 1000, reason = ""): void {
    if (this.left) return;
    this.left = true;
    clearTimeout(this.silence);
    // What was sealed but not sent yet still leaves first.
    void this.channel.then(async (channel) => {
      await channel.settled();
      this.socket.close(code, reason);
    });
  }

  private closed(code: number, reason: string): void {
    clearTimeout(this.silence);
    if (this.left) return;
    this.left = true;
    const end = verdict(code, reason, this.told);
    this.handlers.lost(end.code, end.final);
  }
}
