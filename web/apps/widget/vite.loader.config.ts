import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

// The loader lives in a foreign page and brings no style sheet: it takes the values of the light scheme at build time.
function tokens(): Record<string, string> {
  const css = readFileSync(path('../../packages/ui/tokens.css'), 'utf8').replace(/\.dark \{[^}]*\}/, '')
  const pairs = [...css.matchAll(/--kz-([a-z0-9-]+):\s*([^;]+);/g)].map(([, name, value]) => [name!, value!])
  return Object.fromEntries(pairs)
}

export default defineConfig({
  define: Object.fromEntries(
    Object.entries(tokens()).map(([name, value]) => [`TOKEN.${name.replace(/^\d/, 'grid_$&').replaceAll('-', '_')}`, JSON.stringify(value)]),
  ),
  json: { stringify: false },
  publicDir: false,
  build: {
    emptyOutDir: false,
    target: 'es2020',
    reportCompressedSize: false,
    lib: { entry: path('src/loader/main.ts'), name: 'Kezhan', formats: ['iife'], fileName: () => 'loader.js' },
  },
})
