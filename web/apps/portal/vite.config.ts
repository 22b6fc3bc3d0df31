import { brotliCompressSync, gzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(here, "../../../src/sudare/gateway/static");
const catalogues = join(here, "../../packages/i18n");

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

/** After the build: the catalogues for the gateway, the service worker's list of the shell, compressed siblings. */
function finish(): Plugin {
  return {
    name: "sudare-finish",
    closeBundle() {
      mkdirSync(join(out, "strings"), { recursive: true });
      for (const name of ["ja.json", "en.json"]) copyFileSync(join(catalogues, name), join(out, "strings", name));
      const built = files(out).map((path) => relative(out, path));
      const shell = ["/", ...built.filter((path) => /^(assets|icons)\//.test(path)).map((path) => `/${path}`)];
      const version = createHash("sha256").update(shell.join()).digest("hex").slice(0, 12);
      const worker = readFileSync(join(here, "src/sw.js"), "utf8");
      writeFileSync(
        join(out, "sw.js"),
        worker.replace("__VERSION__", JSON.stringify(version)).replace("__SHELL__", JSON.stringify(shell)),
      );
      for (const path of files(out).filter((name) => /\.(js|css|html|svg|json|webmanifest)$/.test(name))) {
        const data = readFileSync(path);
        writeFileSync(`${path}.gz`, gzipSync(data, { level: 9 }));
        writeFileSync(`${path}.br`, brotliCompressSync(data));
      }
    },
  };
}

export default defineConfig({
  root: here,
  plugins: [svelte(), finish()],
  worker: { format: "es" },
  build: {
    outDir: out,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
