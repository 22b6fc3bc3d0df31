/** What this person may use: as told with the session while that is news, else asked for. Held in memory only. */

import type { Client, SignedIn, Site, Target } from "@sudare/api";

const NEWS_MS = 10_000;

export class Reach {
  private told: { sites: Site[]; targets: Target[]; at: number } | null = null;

  constructor(
    private readonly client: Client,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The session's answer brought it, or brought nothing. */
  hear(session: SignedIn | null): void {
    const { sites, targets } = session ?? {};
    this.told = sites && targets ? { sites, targets, at: this.now() } : null;
  }

  /** Something was done that changes it. */
  forget(): void {
    this.told = null;
  }

  async sites(): Promise<Site[]> {
    return this.news()?.sites ?? this.client.sites();
  }

  async targets(): Promise<Target[]> {
    return this.news()?.targets ?? this.client.targets();
  }

  private news(): { sites: Site[]; targets: Target[] } | null {
    return this.told && this.now() - this.told.at < NEWS_MS ? this.told : null;
  }
}
