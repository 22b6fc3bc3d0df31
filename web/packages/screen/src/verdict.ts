/**
 * What the end of a line means: the problem's code (empty: the person ended it), and whether it is final.
 * A screen that was taken over must not take itself back, or two of them would never stop.
 */
export function verdict(close: number, reason: string, told: string): { code: string; final: boolean } {
  if (told === "ended" || close === 1000) return { code: "", final: true };
  if (told) return { code: told, final: true };
  if (close < 4000 || !reason) return { code: "link.lost", final: false };
  return { code: reason, final: reason !== "link.lost" && !reason.startsWith("office.connector-") };
}
