/** One office PC on the screen: what is asked of the person, what of the gateway, and the viewer's state. */

import { asksAccount, asksPassword, codeOf, type StreamPermit, type Target } from "@sudare/api";
import { Viewer, type Connection, type Lag, type ViewerState } from "@sudare/screen";
import { createEphemeral, fromBase64url, sealSecret } from "@sudare/wire";
import { app, client, noticed, reach, spare } from "./state.svelte";

const ASKS = new Set(["office.pc-credentials", "office.pc-credentials-missing", "denied.secret-unreadable"]);
const LAG_MS = 60_000;

export class Desktop {
  target = $state.raw<Target | null>(null);
  state = $state.raw<ViewerState>({ phase: "connecting" });
  rttMs = $state(0);
  lag = $state.raw<Lag | null>(null);
  asking = $state(false);
  account = $state("");
  viewer: Viewer | null = null;
  private session = "";
  private forgetting: ReturnType<typeof setTimeout> | undefined;
  private entered: { account: string; password: string; remember: boolean } | null = null;
  private sealed: { account: string; sealed: string } | null = null;

  constructor(private readonly id: string) {}

  /** Look the PC up and connect, or ask for its password first. */
  async open(host: HTMLElement): Promise<void> {
    spare.ready();
    try {
      this.target = (await reach.targets()).find((target) => target.id === this.id) ?? null;
      if (!this.target) {
        this.state = { phase: "closed", code: "caller.not-found" };
        return;
      }
      this.account = asksAccount(this.target) ? (app.session?.person.login ?? "") : "";
      if (this.target.secret || !asksPassword(this.target)) await this.connect(host);
      else this.asking = true;
    } catch (error) {
      this.state = { phase: "closed", code: noticed(codeOf(error)) };
    }
  }

  async enter(host: HTMLElement, account: string, password: string, remember: boolean): Promise<void> {
    this.entered = { account, password, remember };
    this.account = account;
    this.asking = false;
    await this.connect(host);
  }

  async connect(host: HTMLElement): Promise<void> {
    this.state = { phase: "connecting" };
    this.session = "";
    host.replaceChildren();
    this.viewer = new Viewer({
      host,
      layout: app.layout,
      label: app.tr.t("pc.screen"),
      spare,
      connect: () => this.permit(),
      onState: (state) => this.heard(state),
      onEscape: () => document.getElementById("pc-end")?.focus(),
    });
    this.viewer.start();
  }

  private async permit(): Promise<Connection> {
    const ephemeral = await createEphemeral();
    const permit = await client.stream("screen", this.id, ephemeral.cnf, this.session || undefined);
    reach.forget(); // "last used" is now
    this.session = permit.session;
    const sent = await this.credential(permit);
    const credential = sent ? { credential: { account: sent.account, sealed: sent.sealed } } : {};
    return {
      url: `wss://${location.host}${permit.url}`,
      ticket: permit.ticket,
      sealKey: fromBase64url(permit.seal_key),
      ephemeral,
      hello: { v: 1, knd: "screen", layout: app.layout, ...credential },
    };
  }

  private async credential(permit: StreamPermit): Promise<{ account: string; sealed: string } | null> {
    if (!this.entered) return permit.secret ?? null;
    const { account, password } = this.entered;
    this.sealed = { account, sealed: await sealSecret(fromBase64url(permit.seal_key), permit.bind, password) };
    return this.sealed;
  }

  private heard(state: ViewerState): void {
    if (state.rttMs) this.rttMs = state.rttMs;
    if (state.phase !== "active") this.lag = null;
    else if (state.lag && state.lag !== this.state.lag) this.measured(state.lag);
    if (state.phase === "active" && this.state.phase !== "active") {
      void this.keep();
      this.viewer?.focus();
    }
    this.state = state;
    if (state.phase === "closed" && ASKS.has(noticed(state.code ?? ""))) {
      this.entered = null;
      this.asking = true;
    }
  }

  /** What was measured of the last keys holds for a minute. */
  private measured(lag: Lag): void {
    this.lag = lag;
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => (this.lag = null), LAG_MS);
  }

  /** It worked: now the sealed password may be kept, if the person said so. */
  private async keep(): Promise<void> {
    const { entered, sealed } = this;
    if (!entered?.remember || !sealed) return;
    this.entered = { ...entered, remember: false };
    await client.keepSecret(this.id, sealed.account, sealed.sealed).catch(() => undefined);
  }

  end(): void {
    clearTimeout(this.forgetting);
    this.viewer?.stop();
  }
}
