import { defineConfig } from "rolldown";

// Two bundles with code splitting. The command line loads only the command it runs, so that `wraith --version` starts as fast as Node
// does; it is CommonJS, which Node loads in half the time of as many ES modules. The library is ES modules.
// `defineConfig` makes a default export necessary: rolldown reads nothing else.
export default defineConfig([
  {
    input: { index: "src/index.ts" },
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
  },
  {
    input: { cli: "src/cli/main.ts" },
    platform: "node",
    external: [],
    output: {
      dir: "dist",
      format: "cjs",
      entryFileNames: "[name].cjs",
      chunkFileNames: "cli/[name]-[hash].cjs",
      minify: false,
      sourcemap: false,
    },
  },
]);
