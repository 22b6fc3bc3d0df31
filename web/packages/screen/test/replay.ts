/**
 * The browser's framebuffer beside its Python twin: reads lines of JSON `{tiles, messages: [hex]}` and answers each with the
 * SHA-256 of what is shown in the end (BGR), as tests/pixels/test_browser.py wants it. Images are grey, films are not decoded.
 */

import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { decodeRecords, Flag } from "@sudare/wire";
import { Framebuffer } from "../src/framebuffer";

export function feed(frame: Framebuffer, message: Uint8Array): void {
  for (const { body, flags } of decodeRecords(message)) {
    if (flags & Flag.RESET) frame.reset();
    if (body.type === "resize") frame.resize(body.w, body.h);
    else if (body.type === "update") frame.update(body.ops, body.stream);
  }
}

export function bgrHash(frame: Framebuffer): string {
  const out = new Uint8Array(frame.w * frame.h * 3);
  frame.pixels.forEach((value, index) => {
    out[index * 3] = (value >> 16) & 255;
    out[index * 3 + 1] = (value >> 8) & 255;
    out[index * 3 + 2] = value & 255;
  });
  return createHash("sha256").update(out).digest("hex");
}

function replay({ tiles, messages }: { tiles: number; messages: string[] }): string {
  const frame = new Framebuffer(tiles);
  for (const message of messages) {
    feed(frame, new Uint8Array(Buffer.from(message, "hex")));
    for (const { develop } of frame.takeImages()) develop(null);
    frame.takeFrames();
  }
  return bgrHash(frame);
}

function answer(line: string): string {
  try {
    return replay(JSON.parse(line) as { tiles: number; messages: string[] });
  } catch (error) {
    return String(error);
  }
}

if (process.argv[2] === "replay") {
  createInterface({ input: process.stdin }).on("line", (line) => process.stdout.write(`${answer(line)}\n`));
}
