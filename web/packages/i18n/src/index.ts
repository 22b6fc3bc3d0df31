/** Sentences by key, and dates as people in Japan read them. The Japanese catalogue is the source of the keys. */

import ja from "../ja.json";

export type Key = keyof typeof ja;
export type Language = "ja" | "en";

export type Catalogue = { [key in Key]: string };

const LOCALE = { ja: "ja-JP", en: "en-GB" } as const;
const STORED = "sudare-language";
export const ZONE = "Asia/Tokyo";

export const isKey = (key: string): key is Key => key in ja;

/** The chosen language; the only thing this device keeps. */
export function storedLanguage(): Language {
  try {
    const stored = localStorage.getItem(STORED);
    if (stored === "ja" || stored === "en") return stored;
  } catch {
    // no storage here: the browser's own language decides
  }
  return navigator.language.startsWith("ja") ? "ja" : "en";
}

export function storeLanguage(language: Language): void {
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // it is a convenience only
  }
}

/** The translator of a language; its sentences are fetched, but for Japanese, which the page always has. */
export async function translator(language: Language): Promise<Translator> {
  if (language === "ja") return new Translator("ja", ja);
  return new Translator("en", (await import("../en.json")).default);
}

export class Translator {
  constructor(
    readonly language: Language = "ja",
    private readonly sentences: Catalogue = ja,
  ) {}

  /** The sentence of a key, its {places} filled. */
  t(key: Key, values: { [name: string]: string | number } = {}): string {
    return this.sentences[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  }

  /** The sentence of a problem code. */
  problem(code: string): string {
    const key = `problem.${code}`;
    return this.t(isKey(key) ? key : "problem.bug.unexpected");
  }

  private format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return new Intl.DateTimeFormat(LOCALE[this.language], { timeZone: ZONE, ...options });
  }

  time(at: Date): string {
    return this.format({ hour: "numeric", minute: "2-digit" }).format(at);
  }

  day(at: Date): string {
    return this.format({ month: "long", day: "numeric", weekday: "short" }).format(at);
  }

  weekday(at: Date): string {
    return this.format({ weekday: "short" }).format(at);
  }

  dayNumber(at: Date): string {
    return new Intl.DateTimeFormat("en", { timeZone: ZONE, day: "numeric" }).format(at);
  }

  moment(at: Date): string {
    return this.format({ month: "long", day: "numeric", hour: "numeric", minute: "2-digit" }).format(at);
  }
}
