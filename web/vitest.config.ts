import { defineConfig } from "vitest/config";

export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  test: { include: ["phone/src/**/*.test.{ts,tsx}", "boards_js/**/*.test.ts"], environment: "node", testTimeout: 20_000 },
});
