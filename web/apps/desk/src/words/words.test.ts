import { expect, it } from 'vitest'
import { lateRooms } from '../i18n'
import { words as chinese } from './zh-CN'
import { words as english } from './en'

// Words that come with a part must be said by nothing that can be shown without it.

const sources = import.meta.glob<string>(['../**/*.{ts,vue}', '!../**/*.test.ts', '!../**/tests/**'], { query: '?raw', import: 'default', eager: true })
const all = Object.keys(import.meta.glob('../../../../../kezhan/locales/en/*.json')).map((path) => path.replace(/^.*\/|\.json$/g, ''))
const roomsIn = (words: object): string[] => Object.keys(words).map((path) => path.replace(/^.*\/|\.json$/g, ''))
const early = roomsIn(english)

interface Edge {
  from: string
  to: string
  /** What is loaded on the way. */
  rooms: string[]
}

function fileOf(from: string, name: string): string | undefined {
  const parts = from.split('/').slice(0, -1)
  for (const step of name.split('/')) {
    if (step === '..') parts.at(-1) === '..' || !parts.length ? parts.push('..') : parts.pop()
    else if (step !== '.') parts.push(step)
  }
  const path = parts.join('/')
  return [path, `${path}.ts`, `${path}/index.ts`].find((one) => one in sources)
}

const IMPORT = /^(import|export) (?!type)(?:([^'{]*?)(?:, )?(?:\{([^}]*)\})? from )?'([^']+)'/gms
const WITH = /withWords\(\(\) => import\('([^']+)'\)((?:, '\w+')+)\)/g
const LAZY = /import\('([^']+)'\)/g

/** Where what an index hands on under `name` really is. */
function named(index: string, name: string): string {
  for (const [, verb, , names, from] of sources[index]!.matchAll(IMPORT)) {
    if (verb === 'export' && names?.split(',').some((one) => one.trim().split(' as ').at(-1) === name)) return fileOf(index, from!) ?? index
  }
  return index
}

function edgesOf(from: string): Edge[] {
  const text = sources[from]!
  const edges: Edge[] = []
  for (const [, verb, whole, names, name] of text.matchAll(IMPORT)) {
    const to = fileOf(from, name!)
    if (!to || (verb === 'export' && from.endsWith('/index.ts'))) continue
    const wanted = (names ?? '').split(',').map((one) => one.trim()).filter((one) => one && !one.startsWith('type '))
    if (to.endsWith('/index.ts')) wanted.forEach((one) => edges.push({ from, to: named(to, one.split(' as ')[0]!), rooms: [] }))
    else if (whole?.trim() || wanted.length || !names) edges.push({ from, to, rooms: [] })
  }
  const rooms = new Map([...text.matchAll(WITH)].map(([, name, list]) => [name!, [...list!.matchAll(/'(\w+)'/g)].map(([, room]) => room!)]))
  for (const [, name] of text.matchAll(LAZY)) {
    const to = fileOf(from, name!)
    const handed = to?.endsWith('/index.ts') ? text.matchAll(/\.then\(\((\w+)\) => \1\.(\w+)\)/g) : []
    const ends = [...handed].map(([, , one]) => named(to!, one!))
    for (const end of ends.length ? ends : to ? [to] : []) edges.push({ from, to: end, rooms: rooms.get(name!) ?? [] })
  }
  return edges
}

/** Of every file the rooms that are there whenever it is. */
function known(): Map<string, Set<string>> {
  const edges = Object.keys(sources).flatMap(edgesOf)
  const found = new Map<string, Set<string>>([['../main.ts', new Set()]])
  for (let changed = true; changed; ) {
    changed = false
    for (const { from, to, rooms } of edges) {
      const there = found.get(from)
      if (!there) continue
      const brought = new Set([...there, ...rooms])
      const before = found.get(to)
      const now = before ? new Set([...before].filter((room) => brought.has(room))) : brought
      if (before?.size === now.size) continue
      found.set(to, now)
      changed = true
    }
  }
  return found
}

it('are the same rooms in both languages, each once', () => {
  expect(roomsIn(chinese)).toEqual(early)
  expect(lateRooms.filter((room) => early.includes(room) || !all.includes(room))).toEqual([])
})

it('are there when they are said', () => {
  const found = known()
  expect(found.size).toBeGreaterThan(400)
  const missing = [...found].flatMap(([path, rooms]) =>
    [...sources[path]!.matchAll(/(?:\bt|\bte|\btm|\$t)\(\s*['"`](\w+)\.|['"`]([a-z]+_\w+)\.\w|messages: (\w+)\./g)]
      .map(([, said, other, made]) => said ?? other ?? made!)
      .filter((room) => all.includes(room) && !early.includes(room) && !rooms.has(room))
      .map((room) => `${path}: ${room}`),
  )
  expect([...new Set(missing)]).toEqual([])
})
