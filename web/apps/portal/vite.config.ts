import { brotliCompressSync, gzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, preprocessCSS, type Plugin, type ResolvedConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(here, "../../../src/sudare/gateway/static");
const catalogues = join(here, "../../packages/i18n");

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

/**
 * The Japanese sentences and the portal's own sheet stand in the page itself, as data: they fill the first flight of the
 * connection, which would otherwise carry half a packet, and so the script that follows fits into the second.
 */
function dataInPage(): Plugin {
  let config: ResolvedConfig;
  const told = (id: string) => `JSON.parse(document.getElementById("${id}").textContent)`;
  const inPage = 'typeof document !== "undefined"'; // the same script begins the viewer's worker
  const block = (id: string, data: unknown) => ({
    tag: "script",
    attrs: { type: "application/json", id },
    children: JSON.stringify(data).replaceAll("<", "\\u003c"),
    injectTo: "body-prepend" as const,
  });
  return {
    name: "sudare-data-in-page",
    apply: "build",
    enforce: "pre",
    configResolved: (resolved) => void (config = resolved),
    resolveId: (id) => (id.endsWith("/ja.json") ? "\0sudare-ja" : id.endsWith("/app.css") ? "\0sudare-sheet" : null),
    load(id) {
      if (id === "\0sudare-ja") return `export default ${inPage} ? ${told("ja")} : {}`;
      if (id !== "\0sudare-sheet") return null;
      return `import { adopt } from "sudare-adopt"; if (${inPage}) adopt(${told("sheet")}, true);`;
    },
    transformIndexHtml: {
      order: "post",
      async handler() {
        const path = join(here, "src/app.css");
        const sheet = await preprocessCSS(readFileSync(path, "utf8"), path, config);
        const ja: unknown = JSON.parse(readFileSync(join(catalogues, "ja.json"), "utf8"));
        return [block("ja", ja), block("sheet", sheet.code.replace(/\/\*.*?\*\//gs, "").replace(/\s+/g, " "))];
      },
    },
  };
}

/**
 * Styles go with the script that needs them, as sheets a document adopts: a stylesheet of its own would keep the script
 * waiting for another connection, two round trips more, and the policy forbids styles in the page. The portal's own
 * sheet comes last.
 */
function adoptStyles(): Plugin {
  const adopt = "\0sudare-adopt";
  const component = /^(.*\.svelte)\.css\?inline$/;
  return {
    name: "sudare-adopt-styles",
    apply: "build",
    enforce: "post",
    resolveId: (id) => (id === "sudare-adopt" ? adopt : component.test(id) ? id : null),
    load(id) {
      if (id === adopt) return ADOPT;
      const [, file] = component.exec(id) ?? [];
      if (!file) return null;
      const { css } = this.getModuleInfo(file)?.meta["svelte"] as { css: { code: string } };
      return { code: css.code, moduleType: "css" };
    },
    transform(code, id) {
      if (!id.endsWith(".svelte")) return null;
      let imports = "";
      const rest = code.replace(/^import "([^"]+?)\?svelte&type=style&lang\.css";$/gm, (_, file: string) => {
        imports += `import sudareStyle from "${file}.css?inline";\n`;
        imports += `import { adopt as sudareAdopt } from "sudare-adopt";\nsudareAdopt(sudareStyle, false);\n`;
        return "";
      });
      return imports ? { code: imports + rest, map: null } : null;
    },
  };
}

const ADOPT = `export function adopt(css, last) {
  if (typeof document === "undefined") return; // the viewer's worker
  const sheet = new CSSStyleSheet(), others = document.adoptedStyleSheets;
  sheet.replaceSync(css);
  document.adoptedStyleSheets = last ? [...others, sheet] : [sheet, ...others];
}`;

/** What is behind signing in is fetched while the person types, the viewer beside it; after the first script. */
function preloadNext(): Plugin {
  return {
    name: "sudare-preload-next",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_, { bundle }) {
        return ["Inside-", "screen-"].map((wanted) => {
          const file = Object.keys(bundle ?? {}).find((name) => name.startsWith(`assets/${wanted}`));
          if (!file) throw new Error(`no file named ${wanted}`);
          const attrs = { rel: "modulepreload", href: `/${file}`, crossorigin: true };
          return { tag: "link", attrs, injectTo: "head" as const };
        });
      },
    },
  };
}

/** After the build: the catalogues for the gateway, the service worker's list of the shell, compressed siblings. */
function finish(): Plugin {
  return {
    name: "sudare-finish",
    closeBundle() {
      mkdirSync(join(out, "strings"), { recursive: true });
      for (const name of ["ja.json", "en.json"]) copyFileSync(join(catalogues, name), join(out, "strings", name));
      const built = files(out).map((path) => relative(out, path));
      // The page as it is for somebody signed in and for nobody: the first asks at once who is there, the second need not.
      const page = readFileSync(join(out, "index.html"), "utf8");
      const ask = '<link rel="preload" href="/api/v1/session" as="fetch" crossorigin />';
      if (!page.includes(ask)) throw new Error("index.html does not ask for the session");
      writeFileSync(join(out, "stranger.html"), page.replace(ask, '<meta name="sudare-stranger" />'));
      const kept = built.filter((path) => /^(assets|icons)\//.test(path)).map((path) => `/${path}`);
      const shell = ["/index.html", ...kept];
      const version = createHash("sha256").update(shell.join() + page).digest("hex").slice(0, 12);
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
  plugins: [svelte(), dataInPage(), adoptStyles(), preloadNext(), finish()],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false, // the page names what it needs; the helper would not run in the viewer's worker
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          // The viewer in one file, for the page and its worker; but for what the first script has of it.
          groups: [{ name: "screen", test: /packages\/(wire|screen)\/src\/(?!encoding|ready|spare|worker)|fzstd/ }],
        },
      },
    },
    reportCompressedSize: true,
  },
});
