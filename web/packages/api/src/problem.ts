/** A failure with its stable code; the sentence comes from the catalogue. */
export class Problem extends Error {
  constructor(
    readonly code: string,
    readonly since?: string,
  ) {
    super(code);
    this.name = "Problem";
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Problem ? error.code : "bug.unexpected";
}
