/** The worker: owns socket, decompressor, framebuffer and canvas, so that the page's own work never delays a picture. */

import type { FromWorker, ToWorker } from "./messages";
import { Session } from "./session";

const scope = self as unknown as DedicatedWorkerGlobalScope;
let session: Session | null = null;

scope.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === "canvas") {
    session = new Session(data.canvas, data.tiles, (message: FromWorker) => scope.postMessage(message));
  } else if (data.type === "open") session?.open(data.connection);
  else if (data.type === "input") session?.input(data.item, data.at);
  else session?.stop();
};
