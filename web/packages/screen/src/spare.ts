/** The viewer's worker, running before its viewer is there, with a line that is open before its ticket. */

import type { ToWorker } from "./messages";

export class Spare {
  private worker: Worker | null = null;

  constructor(
    private readonly url: string,
    private readonly start: () => Worker,
  ) {}

  /** Somebody is about to open a PC; saying so again is cheap. */
  ready(): void {
    this.worker ??= this.start();
    this.worker.postMessage({ type: "ready", url: this.url } satisfies ToWorker);
  }

  /** A worker for one viewer. */
  take(): Worker {
    const { worker } = this;
    this.worker = null;
    return worker ?? this.start();
  }
}
