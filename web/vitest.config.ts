import { defineConfig } from "vitest/config";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: { include: ["phone/src/**/*.test.{ts,tsx}", "boards_js/**/*.test.ts"], environment: "node", testTimeout: 20_000 },
});
