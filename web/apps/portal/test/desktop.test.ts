import type { Target } from "@sudare/api";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Desktop } from "../src/desktop.svelte";

const TARGET = { id: "c~pc", site: "c", site_name: "本庁", name: "福祉-0456", connected: true, seal_key: "", last_used: null };

describe("an office PC that is about to be opened", () => {
  let open: (kind: Target["kind"]) => Promise<Desktop>;

  beforeAll(async () => {
    vi.stubGlobal("location", { pathname: "/" });
    vi.stubGlobal("window", { addEventListener: () => undefined });
    const { Desktop: Opened } = await import("../src/desktop.svelte");
    const { app, client, spare } = await import("../src/state.svelte");
    vi.spyOn(spare, "ready").mockReturnValue(); // there is no worker here
    app.session = { person: { login: "yamada" } } as typeof app.session;
    open = async (kind) => {
      vi.spyOn(client, "targets").mockResolvedValue([{ ...TARGET, kind, secret: false }]);
      const desktop = new Opened(TARGET.id);
      await desktop.open({} as HTMLElement);
      return desktop;
    };
  });

  it("proposes the person's login to a PC that has accounts", async () => {
    expect(await open("rdp")).toMatchObject({ asking: true, account: "yamada" });
  });
  it("gives no account to a VNC PC: it has none", async () => {
    expect(await open("vnc")).toMatchObject({ asking: true, account: "" });
  });
});
