/** A day's plan from occurrences: pure, Tokyo time, no words. Dates are "YYYY-MM-DD". */

export interface Entry {
  start: string;
  end: string;
  all_day: boolean;
  title: string;
}

export interface Row<E extends Entry> {
  entry: E;
  /** Instants of timed entries. */
  from: Date | null;
  to: Date | null;
  now: boolean;
  /** Overlaps the next timed entry of this day. */
  clash: boolean;
  /** Begins before or ends after this day. */
  spans: boolean;
}

const DAY_MS = 86_400_000;
const TOKYO = "+09:00";

export function dateIn(at: Date): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Tokyo" }).format(at);
}

export function startOf(date: string): Date {
  return new Date(`${date}T00:00:00${TOKYO}`);
}

export function addDays(date: string, days: number): string {
  return dateIn(new Date(startOf(date).getTime() + days * DAY_MS + DAY_MS / 2));
}

/** Five days around `date`: the working week it belongs to, Monday first; a weekend day shows Wednesday to Sunday. */
export function strip(date: string): string[] {
  const weekday = (new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7;
  const first = addDays(date, -weekday + (weekday > 4 ? 2 : 0));
  return [0, 1, 2, 3, 4].map((days) => addDays(first, days));
}

/** The rows of one day: all-day entries first, then by time. */
export function rows<E extends Entry>(entries: readonly E[], date: string, now: Date): Row<E>[] {
  const from = startOf(date).getTime();
  const to = from + DAY_MS;
  const shown: Row<E>[] = [];
  for (const entry of entries) {
    if (entry.all_day) {
      if (entry.start <= date && date < entry.end) {
        const spans = entry.start < date || entry.end > addDays(date, 1);
        shown.push({ entry, from: null, to: null, now: false, clash: false, spans });
      }
      continue;
    }
    const [begins, ends] = [new Date(entry.start), new Date(entry.end)];
    const instant = begins.getTime() === ends.getTime();
    if (begins.getTime() >= to || ends.getTime() < from || (ends.getTime() === from && !instant)) continue;
    shown.push({
      entry,
      from: begins,
      to: ends,
      now: begins <= now && now < ends,
      clash: false,
      spans: begins.getTime() < from || ends.getTime() > to,
    });
  }
  shown.sort((a, b) => (a.from?.getTime() ?? 0) - (b.from?.getTime() ?? 0) || a.entry.title.localeCompare(b.entry.title, "ja"));
  markClashes(shown);
  return shown;
}

function markClashes<E extends Entry>(shown: Row<E>[]): void {
  const timed = shown.filter((row) => row.from && row.to);
  timed.forEach((row, index) => {
    const next = timed[index + 1];
    row.clash = Boolean(next?.from && row.to && next.from < row.to);
  });
}
