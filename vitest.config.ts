import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/{contract,cases,golden,wire,cli}/**/*.test.ts"],
    testTimeout: 30_000,
  },
});
