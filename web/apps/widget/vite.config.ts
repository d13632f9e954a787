import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

const read = (name: string): string => readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8')

/** Of the tokens only those that the panel's own style sheets use. */
function usedTokens(): Plugin {
  return {
    name: 'used-tokens',
    enforce: 'pre',
    transform(css, id) {
      if (!id.endsWith('/tokens.css')) return null
      const own = read('src/panel/panel.css') + read('src/panel/thread/thread.css')
      return css.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*(--kz-[\w-]+):[^;]+;\n/gm, (line, name: string) => (own.includes(`(${name})`) ? line : ''))
    },
  }
}

/** What a lazy chunk needs besides itself is its style sheet; Vite's own loader is as large as a part of the panel. */
function smallPreload(): Plugin {
  return {
    name: 'small-preload',
    enforce: 'pre',
    load(id) {
      if (!id.includes('vite/preload-helper')) return null
      return `const style = (name) => document.querySelector('[href$="' + name + '"]') || new Promise((done) => {
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = '/widget/' + name
  link.onload = link.onerror = done
  document.head.append(link)
})
export const __vitePreload = (load, names = []) => Promise.all(names.filter((name) => /css$/.test(name)).map(style)).then(load)`
    },
  }
}

export default defineConfig({
  base: '/widget/',
  plugins: [usedTokens(), smallPreload()],
  resolve: { conditions: ['kezhan-source', 'module', 'browser', 'development|production'] },
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
    rolldownOptions: { input: 'panel.html' },
  },
})
