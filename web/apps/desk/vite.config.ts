import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig, type Plugin } from 'vite'

// A box to tick: its words and it are one thing to touch, and the next one is a finger away.
const ROW = 'max-sm:min-h-touch max-sm:not-has-data-[slot=description]:items-center'
const REACH = 'max-sm:relative max-sm:after:absolute max-sm:after:-inset-y-3 max-sm:after:right-0 max-sm:after:-left-8'
// A solid button that is switched off.
const OFF = 'disabled:bg-line disabled:text-ink-soft disabled:opacity-100 aria-disabled:bg-line aria-disabled:text-ink-soft aria-disabled:opacity-100'

// The service worker is another one whenever anything of the app is.
const named: Plugin = {
  name: 'kezhan:worker',
  generateBundle(_, bundle) {
    const digest = createHash('sha256').update(Object.keys(bundle).sort().join()).digest('hex').slice(0, 12)
    const worker = bundle['sw.js']
    if (worker?.type === 'chunk') worker.code = worker.code.replace('__BUILD__', JSON.stringify(digest))
  },
}

export default defineConfig(({ command }) => ({
  // The page lives at "/", everything it loads under "/assets/desk/".
  base: command === 'build' ? '/assets/desk/' : '/',
  plugins: [
    vue(),
    named,
    ui({
      autoImport: false,
      // Types of the components in use; written by a build, read by vue-tsc.
      components: { dts: process.env.VITEST ? false : fileURLToPath(new URL('components.d.ts', import.meta.url)) },
      // Every icon named in our sources is part of the build: a browser asks no outside host for one.
      icon: {
        clientBundle: {
          scan: {
            globInclude: ['src/**/*.{vue,ts}', '../../packages/ui/src/**/*.{vue,ts}'],
            globExclude: ['**/*.test.ts'],
          },
        },
      },
      ui: {
        colors: {
          primary: 'green',
          secondary: 'violet',
          success: 'green',
          info: 'blue',
          warning: 'amber',
          error: 'red',
          neutral: 'mist',
        },
        // On a phone nothing that is touched is lower than a finger; what is pressed or switched off can be read.
        button: {
          slots: { base: 'focus-visible:outline-offset-2 max-sm:min-h-touch' },
          variants: { square: { true: 'max-sm:min-w-touch max-sm:justify-center' } },
          compoundVariants: [
            { color: 'primary', variant: 'solid', class: `hover:bg-pine-strong active:bg-pine-strong outline-pine ${OFF}` },
            { color: 'error', variant: 'solid', class: `hover:bg-red-strong active:bg-red-strong outline-red ${OFF}` },
            { color: 'primary', variant: 'solid', loading: true, class: 'disabled:bg-pine disabled:text-paper' },
            { color: 'error', variant: 'solid', loading: true, class: 'disabled:bg-red disabled:text-paper' },
            { color: 'primary', variant: ['outline', 'soft', 'subtle', 'ghost'], class: 'outline-pine' },
            { color: 'neutral', variant: ['outline', 'soft', 'subtle', 'ghost', 'link'], class: 'outline-pine' },
            { color: 'primary', variant: 'link', class: 'outline-pine hover:text-pine active:text-pine hover:underline' },
          ],
        },
        modal: { slots: { header: 'shrink-0 pe-14', close: 'max-sm:top-2 max-sm:end-2' } },
        slideover: { slots: { header: 'shrink-0 pe-14' } },
        dropdownMenu: { slots: { item: 'max-sm:min-h-touch max-sm:items-center' } },
        toast: { slots: { close: 'max-sm:-mt-2.5 max-sm:-me-2' } },
        input: { slots: { base: 'max-sm:min-h-touch' } },
        select: { slots: { base: 'max-sm:min-h-touch' } },
        selectMenu: { slots: { base: 'max-sm:min-h-touch' } },
        switch: { slots: { base: 'relative after:absolute after:-inset-3', description: 'text-(length:--kz-meta)' } },
        checkbox: { slots: { root: ROW, label: REACH, description: 'text-(length:--kz-meta)' } },
        radioGroup: { slots: { item: ROW, label: REACH, description: 'text-(length:--kz-meta)' } },
      },
    }),
  ],
  define: { __VUE_I18N_LEGACY_API__: 'false', __VUE_I18N_FULL_INSTALL__: 'true', __INTLIFY_PROD_DEVTOOLS__: 'false' },
  resolve: { conditions: ['kezhan-source', 'module', 'browser', 'development|production'] },
  server: { fs: { allow: ['../../..'] } },
  build: {
    assetsDir: '',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: ['chrome111', 'safari16.4', 'firefox114'],
    chunkSizeWarningLimit: 1200,
    manifest: true,
    rollupOptions: {
      input: { index: 'index.html', sw: 'src/worker/sw.ts' },
      // Browsers look for a worker under one name, for ever.
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : '[name]-[hash].js') },
    },
    reportCompressedSize: false,
  },
}))
