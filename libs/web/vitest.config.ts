// Runs the tests of the modules that need no page. Those of the whole page are in tests/e2e.

import { defineConfig } from "vitest/config";

process.env.TZ = "Europe/Berlin";

export default defineConfig({
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.ts"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
  },
});
