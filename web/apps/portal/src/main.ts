import { mount } from "svelte";
import App from "./App.svelte";
import "./app.css";

const target = document.getElementById("app");
if (target) mount(App, { target });
if ("serviceWorker" in navigator && location.protocol === "https:") {
  void navigator.serviceWorker.register("/sw.js").catch(() => undefined); // works without it, only not offline
}
