import { readFileSync } from "node:fs";

/** A golden vector file of tests/vectors, shared with Python. */
export function vector<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../../../tests/vectors/${path}`, import.meta.url), "utf8")) as T;
}

export function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
