import { defineConfig } from "rolldown";

// One bundle with code splitting: the CLI loads only the command it runs, so that `wraith --version` starts as fast as Node does.
// `defineConfig` makes a default export necessary: rolldown reads nothing else.
export default defineConfig({
  input: { cli: "src/cli/main.ts", index: "src/index.ts" },
  platform: "node",
  external: [],
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name]-[hash].js",
    minify: false,
    sourcemap: false,
  },
});
