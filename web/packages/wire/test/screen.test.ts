import { describe, expect, it } from "vitest";
import { decodeRecords, encodeInput, Malformed, type Input, type Record as ScreenRecord } from "../src";
import { hex, toHex, vector } from "./vectors";

type Fields = { [key: string]: unknown };
interface Vectors<K extends string> {
  cases: ({ name: string; hex: string; canonical: boolean } & { [key in K]: Fields[] })[];
  malformed: { name: string; hex: string }[];
}

const TYPES = { update: 1, "cursor-hidden": 2, "cursor-arrow": 2, "cursor-image": 2, "cursor-cached": 2 } as const;
const OTHERS = { resize: 3, state: 4, line: 5, pong: 6, answer: 7, lag: 8, audio: 16 } as const;

function plain(record: ScreenRecord): Fields {
  const type = { ...TYPES, ...OTHERS }[record.body.type];
  return {
    type,
    flags: record.flags,
    epoch: record.epoch,
    seq: record.seq,
    in_seq: record.inSeq,
    t_ms: record.tMs,
    body: body(record),
  };
}

function body({ body: b }: ScreenRecord): Fields {
  switch (b.type) {
    case "update":
      return {
        ops: b.ops.map((op) => {
          if (op.op === "fill") return { ...op, bgr: toHex(op.bgr) };
          if (op.op === "video") return { ...op, mask: toHex(op.mask), frame: toHex(op.frame) };
          return op.op === "image" ? { ...op, jpeg: toHex(op.jpeg) } : { ...op };
        }),
        stream: toHex(b.stream),
      };
    case "cursor-hidden":
      return { kind: 0 };
    case "cursor-arrow":
      return { kind: 1 };
    case "cursor-image":
      return { kind: 2, id: b.id, hot_x: b.hotX, hot_y: b.hotY, w: b.w, h: b.h, rgba: toHex(b.rgba) };
    case "cursor-cached":
      return { kind: 3, id: b.id };
    case "resize":
      return { w: b.w, h: b.h };
    case "state":
      return {
        state: b.state,
        ...("code" in b ? { code: b.code } : {}),
        ...("name" in b ? { name: b.name } : {}),
        ...(b.recorded ? { recorded: true } : {}),
        ...(b.sound ? { sound: true } : {}),
      };
    case "line":
      return { rtt_ms: b.rttMs, btl_kbit: b.btlKbit, key_to_pixel_ms: b.keyToPixelMs };
    case "pong":
      return { n: b.n };
    case "answer":
      return { in_seq: b.inSeq };
    case "lag": {
      const [all, device, line, gateway, connector, office] = b.ms;
      const shares = { device_ms: device, line_ms: line, gateway_ms: gateway, connector_ms: connector, office_ms: office };
      return { cause: b.cause, coarse: b.coarse, key_to_pixel_ms: all, ...shares };
    }
    case "audio":
      return { number: b.number, packets: b.packets.map(toHex) };
  }
}

function input(fields: Fields): Input {
  const names = ["", "ack", "view", "key", "pointer", "wheel", "release", "text", "resync", "end", "ping", "shown"];
  names[16] = "hear";
  const camel = Object.entries(fields).map(([name, value]) => [name.replace(/_(.)/g, (_, c: string) => c.toUpperCase()), value]);
  return { ...Object.fromEntries(camel), type: names[Number(fields["type"])] } as unknown as Input;
}

describe("records", () => {
  const vectors = vector<Vectors<"records">>("screen/records.json");
  it.each(vectors.cases.map((one) => [one.name, one] as const))("decodes %s", (_, one) => {
    const decoded = decodeRecords(hex(one.hex)).map(plain);
    const expected = one.records.map((record) => {
      const told = { ...(record["body"] as Fields) };
      delete told["security"]; // this client has no use for it
      return { ...record, body: told };
    });
    expect(decoded).toEqual(expected);
  });
  it.each(vectors.malformed.map((one) => [one.name, one.hex] as const))("refuses %s", (_, bytes) => {
    expect(() => decodeRecords(hex(bytes))).toThrow(Malformed);
  });
});

describe("inputs", () => {
  const cases = vector<Vectors<"inputs">>("screen/inputs.json").cases.filter((one) => one.canonical);
  it.each(cases.map((one) => [one.name, one] as const))("encodes %s", (_, one) => {
    expect(one.inputs.map((fields) => toHex(encodeInput(input(fields)))).join("")).toBe(one.hex);
  });
});
