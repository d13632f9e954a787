import { defineConfig } from 'vitest/config'

// What holds for every project; none of it is taken over by itself.
const shared = {
  // A context per file in workers that live on: what a file leaves behind stays its own, and the libraries are
  // compiled once a worker. Half the time of a process per file.
  pool: 'vmThreads',
  // A guard against what hangs, not a limit: the check runs these beside browsers and a database on two cores.
  testTimeout: 90_000,
} as const

export default defineConfig({
  test: {
    projects: [
      { test: { ...shared, name: 'packages', include: ['{packages,scripts}/**/*.test.{ts,mjs}'], environment: 'node' } },
      {
        extends: './apps/desk/vite.config.ts',
        root: './apps/desk',
        test: { ...shared, name: 'desk', include: ['src/**/*.test.ts'], environment: 'happy-dom' },
      },
      {
        extends: './apps/widget/vite.config.ts',
        root: './apps/widget',
        test: { ...shared, name: 'widget', include: ['src/**/*.test.{ts,tsx}'], environment: 'happy-dom' },
      },
    ],
  },
})
