/** The schedule as this page holds it: in memory only, asked for anew while the page is seen. */

import { codeOf, OfficeStream, Problem, type ScheduleWindow, type Site, type StreamPermit } from "@sudare/api";
import { addDays, dateIn, strip } from "@sudare/calendar";
import { fromBase64url, sealSecret } from "@sudare/wire";
import { client, noticed, reach } from "./state.svelte";

const REFRESH_MS = 60_000;
const ASKS = new Set([
  "office.calendar-credentials",
  "office.calendar-credentials-missing",
  "denied.secret-unreadable",
]);

export class Schedule {
  day = $state(dateIn(new Date()));
  now = $state(new Date());
  window = $state.raw<ScheduleWindow | null>(null);
  problem = $state<{ code: string; since?: string } | null>(null);
  site = $state.raw<Site | null>(null);
  loading = $state(true);
  asking = $state(false);
  private stream: OfficeStream | null = null;
  private seen = new Map<string, ScheduleWindow>();
  private entered: { account: string; password: string; remember: boolean } | null = null;
  private running: Promise<void> | null = null;

  days = $derived(strip(this.day));

  choose(day: string): void {
    this.day = day;
    this.window = this.seen.get(strip(day)[0] ?? "") ?? null;
    void this.refresh();
  }

  /** The person entered account and password of the groupware. */
  async enter(account: string, password: string, remember: boolean): Promise<void> {
    this.entered = { account, password, remember };
    this.close();
    await this.refresh();
  }

  /** One question at a time; another one meanwhile waits for this one and asks again. */
  async refresh(): Promise<void> {
    while (this.running) await this.running;
    this.running = this.load().finally(() => (this.running = null));
    await this.running;
  }

  private async load(): Promise<void> {
    this.now = new Date();
    const first = strip(this.day)[0] ?? this.day;
    try {
      const stream = await this.open();
      if (!stream) return;
      const args = { start: first, end: addDays(first, 5) };
      const window = await stream.ask<ScheduleWindow>("schedule.window", args);
      this.seen.set(first, window);
      if (strip(this.day)[0] === first) this.window = window;
      this.problem = null;
      this.asking = false;
      await this.keep();
    } catch (error) {
      this.failed(error);
    } finally {
      this.loading = false;
    }
  }

  private failed(error: unknown): void {
    const code = noticed(codeOf(error));
    this.close();
    this.asking = ASKS.has(code);
    const since = error instanceof Problem ? error.since : undefined;
    this.problem = { code, ...(since ? { since } : {}) };
    if (this.asking) this.entered = null;
  }

  private async open(): Promise<OfficeStream | null> {
    if (this.stream?.alive) return this.stream;
    const sites = (await reach.sites()).filter((site) => site.schedule);
    this.site = sites[0] ?? null;
    if (!this.site) {
      this.problem = null;
      return null;
    }
    this.stream = await OfficeStream.open(client, this.site.id, (permit) => this.credential(permit));
    return this.stream;
  }

  private sealed: { account: string; sealed: string } | null = null;

  private async credential(permit: StreamPermit): Promise<{ account: string; sealed: string } | null> {
    if (!this.entered) return permit.secret ?? null;
    const { account, password } = this.entered;
    this.sealed = { account, sealed: await sealSecret(fromBase64url(permit.seal_key), permit.bind, password) };
    return this.sealed;
  }

  /** It worked: now the sealed secret may be kept, if the person said so. */
  private async keep(): Promise<void> {
    const { entered, sealed, site } = this;
    if (!entered?.remember || !sealed || !site) return;
    await client.keepSecret(site.id, sealed.account, sealed.sealed);
    this.entered = { ...entered, remember: false };
  }

  /** While the page is seen: once a minute, and at once on coming back. */
  follow(): () => void {
    void this.refresh();
    const visible = () => {
      if (document.visibilityState === "visible") void this.refresh();
    };
    const timer = setInterval(visible, REFRESH_MS);
    document.addEventListener("visibilitychange", visible);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", visible);
      this.close();
    };
  }

  close(): void {
    this.stream?.close();
    this.stream = null;
  }
}
