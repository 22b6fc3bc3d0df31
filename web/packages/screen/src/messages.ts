/** What the page and the worker tell each other. */

import type { Ephemeral, Input } from "@sudare/wire";

/** What this browser takes beside the protocol of the first days: told in the hello. */
export interface Caps {
  zstd: true;
  tiles: number;
  ramp: true;
  jpeg: boolean;
  video: string[];
  audio: boolean;
}

/** Where to connect and with what; asked for anew for every line. */
export interface Connection {
  url: string;
  ticket: string;
  sealKey: Uint8Array<ArrayBuffer>;
  ephemeral: Ephemeral;
  hello: object;
}

export interface CursorImage {
  hotX: number;
  hotY: number;
  w: number;
  h: number;
  rgba: Uint8Array;
}

/** The last keys: `ms` of the whole way, then of its shares; `cause` counts these from 1, 0 when lag is not bad. */
export interface Lag {
  cause: number;
  /** Large changes are sent coarse first. */
  coarse: boolean;
  ms: number[];
}

export type ToWorker =
  | { type: "ready"; url: string }
  | { type: "canvas"; canvas: OffscreenCanvas; tiles: number }
  | { type: "open"; connection: Connection }
  /** `at`: when its event happened, in ms since 1970 on the performance clock. */
  | { type: "input"; item: Input; at: number }
  | { type: "stop" };

export type FromWorker =
  | { type: "size"; w: number; h: number }
  | { type: "phase"; phase: "connecting" | "active"; recorded: boolean; sound: boolean }
  | { type: "sound"; number: number; packets: Uint8Array[] }
  | { type: "lost"; code: string; final: boolean }
  | { type: "no-video" }
  | { type: "lag"; rttMs?: number; lag?: Lag }
  | { type: "cursor"; image: CursorImage | "hidden" | "default" };
