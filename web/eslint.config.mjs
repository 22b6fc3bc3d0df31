import boundaries from "eslint-plugin-boundaries";
import svelte from "eslint-plugin-svelte";
import tseslint from "typescript-eslint";

// The rooms of the front end: who may import whom (ARCHITECTURE.md).
const room = (type, folder = "packages") => ({ type, pattern: `${folder}/${type}/**`, mode: "full" });

export default tseslint.config(
  { ignores: ["**/node_modules/**", "**/dist/**"] },
  ...tseslint.configs.strict,
  ...svelte.configs.recommended,
  { files: ["**/*.svelte", "**/*.svelte.ts"], languageOptions: { parserOptions: { parser: tseslint.parser } } },
  {
    plugins: { boundaries },
    settings: {
      "import/resolver": { typescript: { alwaysTryTypes: true } },
      "boundaries/elements": [
        room("portal", "apps"),
        ...["tokens", "ui", "i18n", "wire", "screen", "calendar", "api"].map((name) => room(name)),
      ],
    },
    rules: {
      "max-lines": ["error", { max: 300 }],
      "@typescript-eslint/no-non-null-assertion": "error",
      // Our dates and maps are values: never changed in place, so there is nothing to react to.
      "svelte/prefer-svelte-reactivity": "off",
      "boundaries/element-types": [
        2,
        {
          default: "disallow",
          rules: [
            { from: "portal", allow: ["portal", "tokens", "ui", "i18n", "wire", "screen", "calendar", "api"] },
            { from: "ui", allow: ["ui", "tokens", "i18n"] },
            { from: "screen", allow: ["screen", "wire"] },
            { from: "api", allow: ["api", "wire"] },
            { from: "calendar", allow: ["calendar"] },
            { from: "i18n", allow: ["i18n"] },
            { from: "wire", allow: ["wire"] },
            { from: "tokens", allow: ["tokens"] },
          ],
        },
      ],
    },
  },
);
