import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { tokens } from './vite.tokens.ts'

const read = (name: string): string => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8')

const TOKENS = read('../../packages/ui/tokens.css').replace(/\/\*[^]*?\*\//g, '')

/** Tokens that are the same everywhere: what neither dark, nor a language, nor less motion changes. */
const FIXED = new Map(
  [...TOKENS.matchAll(/(--kz-[\w-]+):\s*([^;]+);/g)]
    .filter(([, name]) => TOKENS.split(`${name}:`).length === 2)
    .map(([, name, value]) => [name!, value!]),
)

/** The tokens named that are not fixed. */
const kept = (used: Set<string>): string =>
  TOKENS.replace(/^\s*(--kz-[\w-]+|color-scheme):[^;]+;\n/gm, (line, name: string) => (used.has(name) && !FIXED.has(name) ? line : ''))

/** A fixed token is written out where it stands; of the others those stay that are used. */
function usedTokens(): Plugin {
  const used = new Set(
    readdirSync(fileURLToPath(new URL('src/panel', import.meta.url)), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.css'))
      .flatMap((name) => [...read(`src/panel/${name}`).matchAll(/var\((--kz-[\w-]+)\)/g)].map(([, token]) => token!)),
  )
  return {
    name: 'used-tokens',
    enforce: 'pre',
    transform(css, id) {
      if (!id.endsWith('.css')) return null
      // The card may be the first thing that is drawn, so its sheet brings what it uses of the tokens.
      if (id.endsWith('/invites.css')) css = kept(new Set([...css.matchAll(/var\((--kz-[\w-]+)\)/g)].map(([, token]) => token!))) + css
      if (!id.endsWith('/tokens.css')) return css.replace(/var\((--kz-[\w-]+)\)/g, (asked, name: string) => FIXED.get(name) ?? asked)
      // The page itself says that it knows both schemes, and the class follows the system.
      return kept(used)
    },
  }
}

/** A lazy chunk, its style sheet and what it imports are asked for at once; Vite's own loader is as large as a part of the panel. */
function smallPreload(): Plugin {
  return {
    name: 'small-preload',
    enforce: 'pre',
    load(id) {
      if (!id.includes('vite/preload-helper')) return null
      return `const known = {}
const bring = (name) => known[name] || (known[name] = new Promise((done, fail) => {
  const link = document.createElement('link')
  link.rel = /css$/.test(name) ? 'stylesheet' : 'modulepreload'
  link.href = '/widget/' + name
  link.onload = done
  link.onerror = () => fail(known[name] = link.remove())
  document.head.append(link)
  if (link.rel[0] === 'm') done()
}))
export const __vitePreload = (load, names = []) => Promise.all([load(), ...names.map(bring)]).then(([part]) => part)`
    },
  }
}

export default defineConfig({
  base: '/widget/',
  plugins: [usedTokens(), smallPreload()],
  resolve: { conditions: ['kezhan-source', 'module', 'browser', 'development|production'] },
  json: { namedExports: false },
  define: tokens(),
  server: { fs: { allow: ['../../..'] } },
  oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' } },
  build: {
    assetsDir: '',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Customers come with older phones and in-app browsers than agents do.
    target: 'es2020',
    cssTarget: ['chrome80', 'safari13.1', 'firefox78'],
    manifest: true,
    reportCompressedSize: false,
    rolldownOptions: {
      input: 'panel.html',
      // What is needed with the first opening is one file, also where later parts use pieces of it.
      output: { chunkFileNames: '[name]-[hash:6].js', assetFileNames: '[name]-[hash:6][extname]', codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: 'thread', test: /\/preact\/|tokens\.css|src\/panel\/(thread\/(?!index)|names)/ }] } },
    },
  },
})
