import { expect, it } from 'vitest'
import { deskStart, firstLoad, occasions, verdict } from './budget.mjs'

const manifest = {
  'panel.html': { file: 'panel.js', imports: ['_shared.js'], dynamicImports: ['emoji.ts'], css: ['panel.css'] },
  '_shared.js': { file: 'shared.js', imports: ['panel.html'], css: ['shared.css'] },
  'emoji.ts': { file: 'emoji.js' },
}

it('counts static imports and their styles, once, and no lazy chunk', () => {
  expect([...firstLoad(manifest, 'panel.html')]).toEqual(['panel.js', 'panel.css', 'shared.js', 'shared.css'])
})

it('fails on a hard limit only', () => {
  const row = { name: 'x', bytes: 2049, limit: 2048 }
  expect(verdict([{ ...row, hard: true }]).failed).toBe(true)
  expect(verdict([{ ...row, hard: false }]).failed).toBe(false)
  expect(verdict([{ ...row, bytes: 2048, hard: true }]).failed).toBe(false)
})

it('counts nothing for an entry the build does not have', () => {
  expect([...firstLoad(manifest, 'gone.html')]).toEqual([])
  expect([...firstLoad({ a: { file: 'a.js', imports: ['gone'] } }, 'a')]).toEqual(['a.js'])
})

it('counts a part once, though two entries need it', () => {
  const found = firstLoad({ a: { file: 'a.js', imports: ['c'] }, b: { file: 'b.js', imports: ['c'] }, c: { file: 'c.js' } }, 'a')
  expect([...firstLoad({ b: { file: 'b.js', imports: ['c'] }, c: { file: 'c.js' } }, 'b', found)]).toEqual(['a.js', 'c.js', 'b.js'])
})

it('says of each size what it is, what it may be and whether that will do', () => {
  const rows = [
    { name: 'loader', bytes: 1024, limit: 2048, hard: true },
    { name: 'panel', bytes: 14 * 1024, limit: 13 * 1024, hard: true },
    { name: 'desk', bytes: 351 * 1024, limit: 350 * 1024, hard: false },
  ]
  const { lines, failed } = verdict(rows)
  expect(failed).toBe(true)
  expect(lines.map((line) => line.replace(/ +/g, ' '))).toEqual([
    'loader 1.0 KB of 2 ok',
    'panel 14.0 KB of 13 TOO BIG',
    'desk 351.0 KB of 350 warn',
  ])
})

const build = {
  'panel.html': { file: 'panel.js', dynamicImports: ['src/panel/thread/index.tsx'] },
  'src/panel/thread/index.tsx': { file: 'thread.js', imports: ['panel.html', '_preact.js'], css: ['thread.css'] },
  '_preact.js': { file: 'preact.js' },
  'src/panel/later/menu.tsx': { file: 'menu.js', imports: ['_preact.js', 'panel.html'], css: ['menu.css'] },
  'locales/zh-CN/widget.json': { file: 'zh.js' },
  'locales/en/widget.json': { file: 'en.js' },
  'locales/zh-CN/widget_thread.json': { file: 'zh_thread.js' },
  'locales/en/widget_thread.json': { file: 'en_thread.js' },
  'locales/zh-CN/widget_more.json': { file: 'zh_more.js' },
  'locales/en/widget_more.json': { file: 'en_more.js' },
}
const weights = (file) => (file.startsWith('zh') ? 2 : file ? 1 : 0)

it('counts every file of the widget on one occasion, and of the words the language that weighs most', () => {
  expect(occasions(build, weights).map((files) => [...files].sort())).toEqual([
    ['panel.html', 'panel.js', 'zh.js'],
    ['preact.js', 'thread.css', 'thread.js', 'zh_thread.js'],
    ['menu.css', 'menu.js', 'zh_more.js'],
  ])
})

it('counts what the entry imports with the page, however it came there', () => {
  const [page, first] = occasions({ ...build, 'panel.html': { file: 'panel.js', imports: ['_preact.js'] } }, weights)
  expect([page.has('preact.js'), first.has('preact.js')]).toEqual([true, false])
})

it('does not call a build in order whose first opening it cannot find', () => {
  const { 'src/panel/thread/index.tsx': _, ...rest } = build
  expect(() => occasions(rest, weights)).toThrow('src/panel/thread/index.tsx')
})

it('says what a sum counts', () => {
  const { lines } = verdict([{ name: 'page', counts: 'loader and entry', bytes: 1024, limit: 2048, hard: true }])
  expect(lines[0]).toContain('(loader and entry)')
})

it('counts for the desk the words of one language, and none that come with a page', () => {
  const desk = {
    'index.html': { file: 'index.js', css: ['index.css'] },
    'src/words/zh-CN.ts': { file: 'zh.js' },
    'src/words/en.ts': { file: 'en.js' },
    '../../../kezhan/locales/zh-CN/audit.json': { file: 'zh_audit.js' },
  }
  expect(deskStart(desk, weights)).toEqual(['index.js', 'index.css', 'zh.js'])
})
