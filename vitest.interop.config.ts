import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/interop/**/*.interop.ts"],
    globalSetup: "test/interop/setup.ts",
    // Foreign servers share two cores: one file at a time keeps their streams from running into each other.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
