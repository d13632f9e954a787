// Sizes after gzip of what a browser must load, against their limits. Run after a build.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'

const APPS = fileURLToPath(new URL('../apps', import.meta.url))
const KB = 1024
/** 2 KB of loader, about 6 KB of entry, the page that holds it, the bubble's words. */
const PAGE_LOAD = 8.75 * KB

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
/** Of a chunk with many rooms of one language in it. */
const MANY = '*'
const roomOf = (key) => (key.includes('/words/') ? MANY : key.split('/').pop().slice(0, -5))

/** Of words the language that weighs most counts, room by room; a browser loads one. */
function heaviestWords(manifest, size, wanted = () => true) {
  const rooms = new Map()
  for (const key of Object.keys(manifest).filter(isWords)) {
    const room = roomOf(key)
    const { file } = manifest[key]
    if (wanted(room) && !(size(rooms.get(room) ?? '') >= size(file))) rooms.set(room, file)
  }
  return [...rooms.values()]
}

const ENTRY = 'panel.html'
const FIRST_OPEN = 'src/panel/thread/index.tsx'
const BUBBLE_WORDS = 'widget'
const PANEL_WORDS = 'widget_thread'

/**
 * What a customer's browser loads of the widget, by occasion: [page, first, lazy], sets of files that have none in common.
 * page: the frame's page, its entry and the words of the bubble. first: what the first opening brings beyond that, with its words.
 * lazy: every other chunk and style sheet of the build, for words again one language.
 */
export function occasions(manifest, size) {
  if (!manifest[FIRST_OPEN]) throw new Error(`budget: the build has no chunk of ${FIRST_OPEN}`)
  const words = (room) => heaviestWords(manifest, size, (name) => name === room)
  const page = new Set([...firstLoad(manifest, ENTRY), ...words(BUBBLE_WORDS), ENTRY])
  const first = new Set([...firstLoad(manifest, FIRST_OPEN), ...words(PANEL_WORDS)].filter((file) => !page.has(file)))
  const others = Object.keys(manifest).filter((key) => !isWords(key)).flatMap((key) => [...firstLoad(manifest, key)])
  const lazy = [...others, ...heaviestWords(manifest, size)].filter((file) => !page.has(file) && !first.has(file))
  return [page, first, new Set(lazy)]
}

/** What an agent's browser loads before the first page: the app and the words of one language that are not a page's own. */
export function deskStart(manifest, size) {
  return [...firstLoad(manifest, 'index.html'), ...heaviestWords(manifest, size, (room) => room === MANY)]
}

function sizeOf(app) {
  const dist = `${APPS}/${app}/dist`
  return (file) => (file ? gzipSync(readFileSync(`${dist}/${file}`), { level: 9 }).length : 0)
}

/** Returns [{name, counts, bytes, limit, hard}] of the last build. */
export function sizes() {
  const read = (app) => JSON.parse(readFileSync(`${APPS}/${app}/dist/.vite/manifest.json`, 'utf8'))
  const [desk, widget] = [read('desk'), read('widget')]
  const [deskSize, widgetSize] = [sizeOf('desk'), sizeOf('widget')]
  const sum = (files, size) => [...files].reduce((total, file) => total + size(file), 0)
  const loader = widgetSize('loader.js')
  const [page, first, lazy] = occasions(widget, widgetSize)

  const start = deskStart(desk, deskSize)
  const scripts = start.filter((file) => file.endsWith('.js'))
  const styles = start.filter((file) => file.endsWith('.css'))

  return [
    { name: 'widget loader', bytes: loader, limit: 2 * KB, hard: true },
    {
      name: 'widget, page load', bytes: loader + sum(page, widgetSize), limit: PAGE_LOAD, hard: true,
      counts: `loader and ${page.size} more: the frame's page, entry js with all it imports, bubble words of one language`,
    },
    {
      name: 'widget, first open', bytes: sum(first, widgetSize), limit: 13 * KB, hard: true,
      counts: `${first.size} files: js with Preact, css, panel words of one language; asked for at once`,
    },
    {
      name: 'widget, lazy chunks together', bytes: sum(lazy, widgetSize), limit: 40 * KB, hard: true,
      counts: `${lazy.size} files: every other js and css of the build, further words of one language`,
    },
    { name: 'desk, first js', bytes: sum(scripts, deskSize), limit: 350 * KB, hard: false },
    { name: 'desk, first css', bytes: sum(styles, deskSize), limit: 60 * KB, hard: false },
  ]
}

/** Lines of a table, and whether a hard limit is passed. */
export function verdict(rows) {
  const lines = rows.map(({ name, counts, bytes, limit, hard }) => {
    const mark = bytes <= limit ? 'ok' : hard ? 'TOO BIG' : 'warn'
    return `${name.padEnd(30)}${(bytes / KB).toFixed(1).padStart(8)} KB of ${String(limit / KB).padStart(4)}  ${mark}${counts ? `  (${counts})` : ''}`
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
