/**
 * The first script, of the page and of the viewer's worker alike: a worker that had a file of its own would wait three
 * round trips for it on another connection, and its line would open that much later.
 */

import { work } from "@sudare/screen/worker";
import { mount } from "svelte";
import App from "./App.svelte";
import { begin } from "./state.svelte";
import "./app.css";

/** So long after the page is there the service worker may fetch what it keeps: the first screens have the line first. */
const SHELL_AFTER_MS = 5000;

async function page(target: HTMLElement): Promise<void> {
  await begin();
  mount(App, { target });
  if ("serviceWorker" in navigator && location.protocol === "https:") {
    setTimeout(() => {
      void navigator.serviceWorker.register("/sw.js").catch(() => undefined); // works without it, only not offline
    }, SHELL_AFTER_MS);
  }
}

if (typeof document === "undefined") work(self as unknown as DedicatedWorkerGlobalScope);
else void page(document.getElementById("app") as HTMLElement);
