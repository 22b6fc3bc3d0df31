import { mount } from "svelte";
import App from "./App.svelte";
import { begin } from "./state.svelte";
import "./app.css";

/** So long after the page is there the service worker may fetch what it keeps: the first screens have the line first. */
const SHELL_AFTER_MS = 5000;

const target = document.getElementById("app");
if (target) void begin().then(() => mount(App, { target }));
if ("serviceWorker" in navigator && location.protocol === "https:") {
  setTimeout(() => {
    void navigator.serviceWorker.register("/sw.js").catch(() => undefined); // works without it, only not offline
  }, SHELL_AFTER_MS);
}
