/** Answers of the gateway's API (docs/wire/api.md). Times are Unix seconds. */

export interface Person {
  id: string;
  login: string;
  name: string;
  admin: boolean;
}

export interface SignedIn {
  signed_in: true;
  person: Person;
  csrf: string;
  idle_until: number;
  absolute_until: number;
  has_passkey: boolean;
  has_password: boolean;
  must_set_up?: boolean;
  /** What this person may use, told when the session is asked for or begins: the first screen needs no second question. */
  sites?: Site[];
  targets?: Target[];
}

export type SessionAnswer = SignedIn | { signed_in: false };

export interface Site {
  id: string;
  name: string;
  connected: boolean;
  since: number | null;
  seal_key: string;
  schedule: boolean;
}

export interface Target {
  id: string;
  site: string;
  site_name: string;
  kind: "rdp" | "vnc" | "x11";
  name: string;
  connected: boolean;
  seal_key: string;
  last_used: number | null;
  secret: boolean;
}

/** Whether the office PC asks who one is; VNC knows a password only. */
export function asksAccount(target: Target): boolean {
  return target.kind === "rdp";
}

/** Whether the office PC asks for a password; a display at the connector does not. */
export function asksPassword(target: Target): boolean {
  return target.kind !== "x11";
}

export interface StreamPermit {
  ticket: string;
  url: string;
  session: string;
  seal_key: string;
  bind: { tenant: string; person: string; target: string };
  secret?: { account: string; sealed: string } | null;
}

export interface CredentialEntry {
  id: string;
  kind: "passkey" | "password" | "totp";
  name: string;
  created: number;
  used: number | null;
}

export interface Occurrence {
  calendar: string;
  uid: string;
  instance: string | null;
  start: string;
  end: string;
  all_day: boolean;
  title: string;
  place: string;
  status: string;
  private: boolean;
  recurring: boolean;
  busy: boolean;
}

export interface ScheduleWindow {
  as_of: string;
  calendars: { id: string; name: string; colour: string }[];
  occurrences: Occurrence[];
}
