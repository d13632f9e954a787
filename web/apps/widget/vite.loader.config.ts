import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'
import { tokens } from './vite.tokens.ts'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

export default defineConfig({
  // The loader lives in a foreign page and brings no style sheet.
  define: tokens(),
  json: { stringify: false },
  publicDir: false,
  build: {
    emptyOutDir: false,
    target: 'es2020',
    reportCompressedSize: false,
    lib: { entry: path('src/loader/main.ts'), name: 'Kezhan', formats: ['iife'], fileName: () => 'loader.js' },
  },
})
