/** The gateway's API and the office behind it. */
export * from "./client";
export * from "./office";
export * from "./problem";
export * from "./types";
export { passkeysWork } from "./webauthn";
