/** What the whole portal knows: who is signed in, which language, where we are. Nothing of it is stored. */

import { Client, codeOf, isSignedIn, type SessionAnswer, type SignedIn } from "@sudare/api";
import { storedLanguage, storeLanguage, Translator, type Language } from "@sudare/i18n";

export const client = new Client();

export const app = $state({
  session: null as SignedIn | null,
  ready: false,
  offline: "",
  path: location.pathname,
  goodbye: false,
  layout: (navigator.language.startsWith("ja") ? "jp" : "us") as "jp" | "us",
  tr: new Translator(storedLanguage()),
});

export function setLanguage(language: Language): void {
  storeLanguage(language);
  app.tr = new Translator(language);
  document.documentElement.lang = language;
}

export function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, "", path);
  app.path = path;
  window.scrollTo(0, 0);
}

window.addEventListener("popstate", () => {
  app.path = location.pathname;
});

export function adopt(answer: SessionAnswer): void {
  app.session = isSignedIn(answer) ? answer : null;
  app.goodbye = false;
}

export async function start(): Promise<void> {
  document.documentElement.lang = app.tr.language;
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
