// Sizes after gzip of what a browser must load, against their limits. Run after a build.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'

const APPS = fileURLToPath(new URL('../apps', import.meta.url))
const KB = 1024

/** The chunk itself and everything the browser needs before it can run: static imports and their style sheets. */
export function firstLoad(manifest, key, found = new Set()) {
  const chunk = manifest[key]
  if (!chunk || found.has(chunk.file)) return found
  found.add(chunk.file)
  chunk.css?.forEach((file) => found.add(file))
  chunk.imports?.forEach((other) => firstLoad(manifest, other, found))
  return found
}

const isWords = (key) => key.includes('locales/') || key.includes('/words/')

/** The language whose words weigh most counts; a browser loads one. */
function heaviestWords(manifest, size) {
  const files = Object.keys(manifest).filter(isWords).map((key) => manifest[key].file)
  return files.sort((a, b) => size(b) - size(a)).slice(0, 1)
}

function sizeOf(app) {
  const dist = `${APPS}/${app}/dist`
  return (file) => gzipSync(readFileSync(`${dist}/${file}`), { level: 9 }).length
}

/** Returns [{name, bytes, limit, hard}] of the last build. */
export function sizes() {
  const read = (app) => JSON.parse(readFileSync(`${APPS}/${app}/dist/.vite/manifest.json`, 'utf8'))
  const [desk, widget] = [read('desk'), read('widget')]
  const [deskSize, widgetSize] = [sizeOf('desk'), sizeOf('widget')]
  const sum = (files, size) => [...files].reduce((total, file) => total + size(file), 0)

  const panel = firstLoad(widget, 'panel.html')
  const words = new Set(Object.keys(widget).filter(isWords).map((key) => widget[key].file))
  const lazy = readdirSync(`${APPS}/widget/dist`).filter(
    (file) => /\.(js|css)$/.test(file) && file !== 'loader.js' && !panel.has(file) && !words.has(file),
  )
  const start = firstLoad(desk, 'index.html')
  heaviestWords(desk, deskSize).forEach((file) => start.add(file))
  const scripts = [...start].filter((file) => file.endsWith('.js'))
  const styles = [...start].filter((file) => file.endsWith('.css'))

  return [
    { name: 'widget loader', bytes: widgetSize('loader.js'), limit: 2 * KB, hard: true },
    {
      name: 'widget panel, first open (js, css, words)',
      bytes: sum([...panel, ...heaviestWords(widget, widgetSize)], widgetSize),
      limit: 13 * KB,
      hard: true,
    },
    { name: 'widget lazy chunks together', bytes: sum(lazy, widgetSize), limit: 40 * KB, hard: true },
    { name: 'desk, first js', bytes: sum(scripts, deskSize), limit: 350 * KB, hard: false },
    { name: 'desk, first css', bytes: sum(styles, deskSize), limit: 60 * KB, hard: false },
  ]
}

/** Lines of a table, and whether a hard limit is passed. */
export function verdict(rows) {
  const lines = rows.map(({ name, bytes, limit, hard }) => {
    const mark = bytes <= limit ? 'ok' : hard ? 'TOO BIG' : 'warn'
    return `${name.padEnd(44)}${(bytes / KB).toFixed(1).padStart(8)} KB of ${String(limit / KB).padStart(4)}  ${mark}`
  })
  return { lines, failed: rows.some(({ bytes, limit, hard }) => hard && bytes > limit) }
}

function main() {
  if (!existsSync(`${APPS}/widget/dist/loader.js`)) {
    console.error('budget: nothing is built yet; run "pnpm build" first')
    process.exit(1)
  }
  const { lines, failed } = verdict(sizes())
  lines.forEach((line) => console.log(line))
  process.exit(failed ? 1 : 0)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
