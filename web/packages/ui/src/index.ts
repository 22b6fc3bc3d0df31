/** Parts every screen shares. */
export { default as Field } from "./Field.svelte";
export { default as Notice } from "./Notice.svelte";
