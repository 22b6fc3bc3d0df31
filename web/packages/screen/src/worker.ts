/**
 * The worker: owns socket, decompressor, framebuffer and canvas, so that the page's own work never delays a picture.
 * It opens the line at once; what shows pictures is fetched while that opens.
 */

import type { FromWorker, ToWorker } from "./messages";
import { ReadyLine } from "./ready";
import type { Session } from "./session";

/** Be the worker of one viewer. */
export function work(scope: DedicatedWorkerGlobalScope): void {
  const tell = (message: FromWorker) => scope.postMessage(message);
  const lines = new ReadyLine();
  const engine = import("./session");
  engine.catch(() => undefined); // told where it is wanted
  let session: Promise<Session> | null = null;

  scope.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data.type === "ready") lines.open(data.url);
    else if (data.type === "canvas") {
      session = engine.then(({ Session: Engine }) => new Engine(data.canvas, data.tiles, tell, lines));
      session.catch(() => tell({ type: "lost", code: "link.lost", final: true }));
    } else void session?.then((here) => act(here, data), () => undefined);
  };
}

function act(here: Session, message: Exclude<ToWorker, { type: "ready" | "canvas" }>): void {
  if (message.type === "open") here.open(message.connection);
  else if (message.type === "input") here.input(message.item, message.at);
  else here.stop();
}
