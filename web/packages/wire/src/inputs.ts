/** Inputs up, browser to connector (docs/wire/screen.md). */

import { Writer } from "./cursor";

export type Input =
  | { type: "ack"; seq: number; backlog: number }
  | { type: "view"; w: number; h: number; scale: number; visible: boolean }
  | { type: "key"; inSeq: number; down: boolean; extended: boolean; scancode: number; keysym: number }
  | { type: "pointer"; inSeq: number; x: number; y: number; buttons: number }
  | { type: "wheel"; inSeq: number; x: number; y: number; dx: number; dy: number }
  | { type: "release"; inSeq: number }
  | { type: "text"; inSeq: number; text: string }
  | { type: "resync" }
  | { type: "end"; how: number }
  | { type: "ping"; n: number }
  | { type: "shown"; inSeq: number; outMs: number; waitMs: number; inMs: number }
  | { type: "hear"; on: boolean };

export function encodeInput(item: Input): Uint8Array<ArrayBuffer> {
  const out = new Writer();
  switch (item.type) {
    case "ack":
      return out.u8(1).varint(item.seq).varint(item.backlog).done();
    case "view":
      return out.u8(2).varint(item.w).varint(item.h).varint(item.scale).u8(item.visible ? 1 : 0).done();
    case "key": {
      const flags = (item.down ? 1 : 0) | (item.extended ? 2 : 0);
      return out.u8(3).u16(item.inSeq).u8(flags).u8(item.scancode).varint(item.keysym).done();
    }
    case "pointer":
      return out.u8(4).u16(item.inSeq).varint(item.x).varint(item.y).u8(item.buttons).done();
    case "wheel":
      return out.u8(5).u16(item.inSeq).varint(item.x).varint(item.y).zigzag(item.dx).zigzag(item.dy).done();
    case "release":
      return out.u8(6).u16(item.inSeq).done();
    case "text":
      return out.u8(7).u16(item.inSeq).blob(new TextEncoder().encode(item.text)).done();
    case "resync":
      return out.u8(8).done();
    case "end":
      return out.u8(9).u8(item.how).done();
    case "ping":
      return out.u8(10).u16(item.n).done();
    case "shown":
      return out.u8(11).u16(item.inSeq).varint(item.outMs).varint(item.waitMs).varint(item.inMs).done();
    case "hear":
      return out.u8(16).u8(item.on ? 1 : 0).done();
  }
}
