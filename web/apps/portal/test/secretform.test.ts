import { render } from "svelte/server";
import { beforeAll, describe, expect, it, vi } from "vitest";

describe("the question for an office password", () => {
  let html: (accountLabel?: string) => string;

  beforeAll(async () => {
    vi.stubGlobal("location", { pathname: "/" });
    vi.stubGlobal("window", { addEventListener: () => undefined });
    const { default: SecretForm } = await import("../src/SecretForm.svelte");
    const fixed = { prefix: "pc", lead: "?", passwordLabel: "P", submitLabel: "S", onsubmit: () => undefined };
    html = (accountLabel) =>
      render(SecretForm, { props: { ...fixed, account: accountLabel ? "yamada" : "", accountLabel } }).body;
  });

  it("asks who one is where the office PC does, and will not go on without", () => {
    const field = /<input[^>]*id="pc-account"[^>]*>/.exec(html("PC のログイン名"))?.[0];

    expect(field).toContain('value="yamada"');
    expect(field).toContain("required");
  });
  it("asks for the password alone where the office PC has no accounts", () => {
    expect(html()).not.toContain("pc-account");
    expect(html()).toContain('id="pc-password"');
  });
});
