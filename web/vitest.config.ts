import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig({ plugins: [svelte()], test: { include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts"] } });
