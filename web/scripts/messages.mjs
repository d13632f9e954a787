// Checks the words: every key used exists, both languages have the same keys and placeholders, none is unused.
// A key made at run time needs a comment near it: "messages: desk.state.*" (also in Python: "# messages: …").
// Run it with plain node; it needs nothing installed.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const LANGUAGES = ['zh-CN', 'en']
const WEB = ['web/apps/desk/src', 'web/apps/widget/src', 'web/packages/ui/src', 'web/packages/client/src']
const SKIPPED = /(^|\/)(node_modules|dist|generated|__pycache__|tests|assets)(\/|$)|\.test\.|\/test_[^/]*$/

const USED = /(?:\bt|\bte|\btm|\$t|\$te|\$tm|keypath=|path=)\s*\(?\s*(['"`])([A-Za-z_][\w-]*(?:\.[\w-]+)+)\1/g
const MADE = /(?:\bt|\bte|\btm|\$t|\$te|\$tm)\(\s*`([^`$]*)\$\{/g
const ALLOWED = /messages:\s*((?:[\w-]+\.)*[\w-]*\*(?:\s*,\s*(?:[\w-]+\.)*[\w-]*\*)*)/g
const PYTHON = /(['"])([a-z_]+(?:\.[A-Za-z0-9_-]+)+)\1/g

function flat(words, prefix, into = new Map()) {
  for (const [name, value] of Object.entries(words)) {
    if (value !== null && typeof value === 'object') flat(value, `${prefix}.${name}`, into)
    else into.set(`${prefix}.${name}`, value)
  }
  return into
}

const holes = (text) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join(' ')

function languageFaults(keys) {
  const [first, second] = LANGUAGES
  const faults = []
  for (const [mine, other] of [[first, second], [second, first]]) {
    for (const [key, text] of keys[mine]) {
      if (typeof text !== 'string' || !text.trim()) faults.push(`locales/${mine}: ${key} is not a text`)
      else if (!keys[other].has(key)) faults.push(`locales/${other}: ${key} is missing (it is in ${mine})`)
      // "@" starts a link in the syntax of vue-i18n and fails at run time.
      else if (text.includes('@')) faults.push(`locales/${mine}: ${key} contains "@"; hand it in as a value`)
      else if (mine === first && holes(text) !== holes(String(keys[other].get(key)))) {
        faults.push(`locales: ${key} has other placeholders in ${mine} than in ${other}`)
      }
    }
  }
  return faults
}

/**
 * words: {language: {room: parsed JSON}}; sources: [{path, text}]. Returns one sentence per fault.
 */
export function messageFaults(words, sources) {
  const keys = Object.fromEntries(
    LANGUAGES.map((language) => {
      const all = new Map()
      for (const [room, tree] of Object.entries(words[language] ?? {})) flat(tree, room, all)
      return [language, all]
    }),
  )
  const known = new Set(LANGUAGES.flatMap((language) => [...keys[language].keys()]))
  const faults = languageFaults(keys)
  const used = new Set()
  const prefixes = new Set()
  for (const { path, text } of sources) {
    const here = [...text.matchAll(ALLOWED)].flatMap((m) => m[1].split(',').map((p) => p.trim().slice(0, -1)))
    here.forEach((prefix) => prefixes.add(`${path}\n${prefix}`))
    if (path.endsWith('.py')) {
      for (const [, , key] of text.matchAll(PYTHON)) used.add(key)
      continue
    }
    for (const [, , key] of text.matchAll(USED)) {
      used.add(key)
      if (!known.has(key)) faults.push(`${path}: ${key} is used but not in locales`)
    }
    for (const [, made] of text.matchAll(MADE)) {
      if (!here.some((prefix) => made.startsWith(prefix) || prefix.startsWith(made))) {
        faults.push(`${path}: a key is made from "${made}…"; say which with a comment "messages: ${made}*"`)
      }
    }
  }
  for (const entry of prefixes) {
    const [path, prefix] = entry.split('\n')
    if (![...known].some((key) => key.startsWith(prefix))) faults.push(`${path}: no message starts with ${prefix}`)
  }
  const starts = [...prefixes].map((entry) => entry.split('\n')[1])
  for (const key of known) {
    if (!used.has(key) && !starts.some((prefix) => key.startsWith(prefix))) faults.push(`locales: ${key} is unused`)
  }
  return [...new Set(faults)].sort()
}

function files(folder, pattern) {
  let entries
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !SKIPPED.test(relative(ROOT, path)))
    .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }))
}

function main() {
  const words = Object.fromEntries(
    LANGUAGES.map((language) => [
      language,
      Object.fromEntries(
        files(join(ROOT, 'kezhan', 'locales', language), /\.json$/).map(({ path, text }) => [
          path.split('/').pop().slice(0, -5),
          JSON.parse(text),
        ]),
      ),
    ]),
  )
  const sources = [
    ...WEB.flatMap((folder) => files(join(ROOT, folder), /\.(vue|ts|tsx)$/)),
    ...files(join(ROOT, 'kezhan'), /\.py$/),
  ]
  const faults = messageFaults(words, sources)
  for (const fault of faults) console.error(fault)
  console.log(`messages: ${faults.length ? `${faults.length} faults` : 'in order'}`)
  process.exit(faults.length ? 1 : 0)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
