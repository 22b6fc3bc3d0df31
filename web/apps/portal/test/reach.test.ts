import { Client, type SignedIn, type Target } from "@sudare/api";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Reach } from "../src/reach";

const told = [{ id: "told" }] as Target[];
const asked = [{ id: "asked" }] as Target[];
const session = { signed_in: true, sites: [], targets: told } as unknown as SignedIn;

describe("what a person may use", () => {
  let reach: Reach;
  let now: number;

  beforeEach(() => {
    const client = new Client();
    vi.spyOn(client, "targets").mockResolvedValue(asked);
    now = 0;
    reach = new Reach(client, () => now);
  });

  it("is not asked for when the session has just told it", async () => {
    reach.hear(session);

    expect(await reach.targets()).toBe(told);
  });
  it("is asked for once that is old", async () => {
    reach.hear(session);
    now = 10_000;

    expect(await reach.targets()).toBe(asked);
  });
  it("is asked for after something was done that changes it", async () => {
    reach.hear(session);
    reach.forget();

    expect(await reach.targets()).toBe(asked);
  });
  it("is never what another person's session told", async () => {
    reach.hear(session);
    reach.hear(null);

    expect(await reach.targets()).toBe(asked);
  });
  it("is asked for where the session tells nothing of it", async () => {
    reach.hear({ signed_in: true } as SignedIn);

    expect(await reach.targets()).toBe(asked);
  });
});
