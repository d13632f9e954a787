import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'packages', include: ['{packages,scripts}/**/*.test.{ts,mjs}'], environment: 'node' } },
      {
        extends: './apps/desk/vite.config.ts',
        root: './apps/desk',
        test: { name: 'desk', include: ['src/**/*.test.ts'], environment: 'happy-dom' },
      },
      {
        extends: './apps/widget/vite.config.ts',
        root: './apps/widget',
        test: { name: 'widget', include: ['src/**/*.test.{ts,tsx}'], environment: 'happy-dom' },
      },
    ],
  },
})
