import { fileURLToPath } from 'node:url'
import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig(({ command }) => ({
  // The page lives at "/", everything it loads under "/assets/desk/".
  base: command === 'build' ? '/assets/desk/' : '/',
  plugins: [
    vue(),
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
    reportCompressedSize: false,
  },
}))
