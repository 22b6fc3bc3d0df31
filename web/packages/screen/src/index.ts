/** The viewer of office PCs. */
export type { Combination } from "./keys";
export type { Connection, Lag } from "./messages";
export { Viewer, type ViewerOptions, type ViewerState } from "./viewer";
