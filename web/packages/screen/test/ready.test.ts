import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ReadyLine } from "../src/ready";

const URL = "wss://gateway.test/relay/v1/stream";

/** A line as the browser shows it; what the far end does is done by hand. */
class Socket {
  static readonly OPEN = 1;
  static made: Socket[] = [];
  readyState = 0;
  onclose: (() => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    Socket.made.push(this);
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}

describe("a line that is ready before it is needed", () => {
  let lines: ReadyLine;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", Socket);
    Socket.made = [];
    lines = new ReadyLine();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is opened once however often it is asked for, and is what is taken", () => {
    lines.open(URL);
    lines.open(URL);

    expect(lines.take(URL)).toBe(Socket.made[0]);
    expect(Socket.made.map(({ url, protocol }) => [url, protocol])).toEqual([[URL, "sudare-1"]]);
  });
  it("is taken once", () => {
    lines.open(URL);
    lines.take(URL);

    expect(lines.take(URL)).toBe(Socket.made[1]);
  });
  it("is not needed for a line to be had", () => {
    expect(lines.take(URL)).toBe(Socket.made[0]);
  });
  it("is let go after twenty seconds, before the gateway does, and another may be had", () => {
    lines.open(URL);
    vi.advanceTimersByTime(20_000);
    lines.open(URL);

    expect(Socket.made[0]?.readyState).toBe(3);
    expect(lines.take(URL)).toBe(Socket.made[1]);
  });
  it("is not let go any more once it was taken", () => {
    lines.open(URL);
    const taken = lines.take(URL);
    vi.advanceTimersByTime(60_000);

    expect(taken.readyState).toBe(0);
  });
  it("is opened anew when the far end closed it", () => {
    lines.open(URL);
    Socket.made[0]?.close();
    lines.open(URL);

    expect(lines.take(URL)).toBe(Socket.made[1]);
  });
  it("is left for one to another address", () => {
    lines.open(URL);

    expect(lines.take(`${URL}/2`).url).toBe(`${URL}/2`);
    expect(Socket.made[0]?.readyState).toBe(3);
  });
});
