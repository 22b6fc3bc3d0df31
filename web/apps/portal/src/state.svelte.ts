/** What the whole portal knows: who is signed in, which language, where we are. Nothing of it is stored. */

import { Client, codeOf, isSignedIn, type SessionAnswer, type SignedIn } from "@sudare/api";
import { Spare } from "@sudare/screen/spare";
import { storedLanguage, storeLanguage, Translator, translator, type Language } from "@sudare/i18n";
import { Reach } from "./reach";

export const client = new Client();
export const reach = new Reach(client);

/** The viewer's worker begins with the script that is already here (`main.ts`): one file less to wait for. */
export const spare = new Spare(
  `wss://${location.host}/relay/v1/stream`,
  () => new Worker(import.meta.url, { type: "module" }),
);

export const isDesktop = (path: string): boolean => path.startsWith("/pc/");

export const app = $state({
  session: null as SignedIn | null,
  ready: false,
  offline: "",
  path: location.pathname,
  goodbye: false,
  layout: (navigator.language.startsWith("ja") ? "jp" : "us") as "jp" | "us",
  tr: new Translator(),
});

/** Speak this language; where its sentences cannot be fetched, Japanese. */
async function speak(language: Language): Promise<void> {
  app.tr = await translator(language).catch(() => new Translator());
  document.documentElement.lang = app.tr.language;
}

export async function setLanguage(language: Language): Promise<void> {
  storeLanguage(language);
  await speak(language);
}

export function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, "", path);
  app.path = path;
  window.scrollTo(0, 0);
}

export function adopt(answer: SessionAnswer): void {
  app.session = isSignedIn(answer) ? answer : null;
  reach.hear(app.session);
  app.goodbye = false;
}

/** The page begins: in the chosen language, and without a question where the gateway told that nobody is signed in. */
export async function begin(): Promise<void> {
  window.addEventListener("popstate", () => {
    app.path = location.pathname;
  });
  if (isDesktop(app.path)) spare.ready();
  await speak(storedLanguage());
  if (document.querySelector('meta[name="sudare-stranger"]')) app.ready = true;
  else void start();
}

/** Ask who is signed in here. */
export async function start(): Promise<void> {
  app.offline = "";
  try {
    adopt(await client.current());
  } catch (error) {
    app.offline = codeOf(error);
  }
  app.ready = true;
}

export async function signOut(): Promise<void> {
  try {
    await client.signOut();
  } finally {
    app.session = null;
    app.goodbye = true;
    go("/");
  }
}

/** A failure that means: not signed in any more. */
export function noticed(code: string): string {
  if (code === "denied.sign-in") app.session = null;
  return code;
}
