import { describe, expect, it } from "vitest";
import { verdict } from "../src/verdict";

describe("the end of a line", () => {
  it.each([
    [1006, "", "", "link.lost", false],
    [1001, "going away", "", "link.lost", false],
    [4408, "link.lost", "", "link.lost", false],
    [4502, "office.connector-away", "", "office.connector-away", false],
    [4502, "office.connector-slow", "", "office.connector-slow", false],
    [4408, "link.taken-over", "", "link.taken-over", true],
    [4502, "office.pc-closed", "", "office.pc-closed", true],
    [4403, "denied.ticket-expired", "", "denied.ticket-expired", true],
    [4500, "", "", "link.lost", false],
    [1000, "", "", "", true],
    [1006, "", "ended", "", true],
    [1006, "", "office.pc-credentials", "office.pc-credentials", true],
  ])("%i %s after %o is %o, final: %o", (close, reason, told, code, final) => {
    expect(verdict(close, reason, told)).toEqual({ code, final });
  });
});
