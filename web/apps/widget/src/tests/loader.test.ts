import { expect, it, vi } from 'vitest'
import { CHAT, fireEvent, leavePage, LOOK, pass, runSnippet, ui } from './stage'

const frames = () => document.querySelectorAll('iframe')
const shown = (element: HTMLElement) => element.style.display !== 'none'
/** Somebody on a phone: the panel covers the screen. */
const onPhone = (matches = true) =>
  vi.stubGlobal('matchMedia', () => ({ matches, addListener: () => undefined }))

it('brings a frame of our own origin that knows the site, the page it stands in and the language', async () => {
  const { frame } = await runSnippet({ lang: 'en' })
  const { origin, pathname, searchParams } = new URL(frame.src)
  expect([origin, pathname]).toEqual([CHAT, '/widget/panel.html'])
  expect(Object.fromEntries(searchParams)).toEqual({ site: 'kzp_1', host: location.origin, lang: 'en' })
  expect(frame.title).toBe('山间茶铺')
})

it.each([
  ['the snippet', { lang: 'en' }, 'zh-CN', 'en'],
  ['the page', {}, 'zh-TW', 'zh-TW'],
  ['the browser', {}, '', navigator.language],
])('takes the language from %s first', async (_, data, page, language) => {
  document.documentElement.lang = page
  const { frame } = await runSnippet(data as Record<string, string>)
  expect(new URL(frame.src).searchParams.get('lang')).toBe(language)
})

it('shows nothing before the panel says how it looks', async () => {
  const page = await runSnippet({}, null)
  expect(shown(page.frame)).toBe(false)
  expect(ui.queryByRole('button', { hidden: false })).toBeNull()
  page.panel({ kezhan: 'look', look: LOOK })
  expect(page.bubble().getAttribute('aria-label')).toBe('打开在线客服')
})

it('looks at the next page as it did on the last one, at once', async () => {
  await runSnippet()
  leavePage()
  const page = await runSnippet({}, null)
  expect(page.bubble().getAttribute('aria-label')).toBe('打开在线客服')
  expect(shown(page.bubble())).toBe(true)
})

it('opens and closes by the bubble, tells the panel and says to a screen reader what it does', async () => {
  const page = await runSnippet()
  expect(page.bubble().getAttribute('aria-expanded')).toBe('false')
  fireEvent.click(page.bubble())
  expect([shown(page.frame), page.bubble().getAttribute('aria-expanded')]).toEqual([true, 'true'])
  expect(page.bubble().getAttribute('aria-label')).toBe('收起在线客服')
  expect(document.activeElement).toBe(page.frame)
  fireEvent.click(page.bubble())
  expect(shown(page.frame)).toBe(false)
  expect(page.said.slice(1)).toEqual([{ kezhan: 'open', open: true, full: false }, { kezhan: 'open', open: false, full: false }])
})

it('gives the focus back to the bubble when the panel closes itself, and says nothing twice', async () => {
  const page = await runSnippet()
  fireEvent.click(page.bubble())
  page.panel({ kezhan: 'close' })
  page.panel({ kezhan: 'close' })
  expect(shown(page.frame)).toBe(false)
  expect(document.activeElement).toBe(page.bubble())
  expect(page.said.filter(({ kezhan }) => kezhan === 'open')).toHaveLength(2)
})

it('is reached by the keyboard, and the last line beside it is not a second stop', async () => {
  const page = await runSnippet()
  page.panel({ kezhan: 'unread', count: 1, text: '周小满：您好', label: '打开在线客服，1 条未读' })
  expect(page.bubble().tagName).toBe('BUTTON')
  expect([...document.querySelectorAll<HTMLElement>('button')].filter(({ tabIndex }) => tabIndex >= 0)).toEqual([page.bubble()])
})

it('tells of unread messages by number, by words and by the last line, and not while it is open', async () => {
  const page = await runSnippet()
  const heard = vi.fn()
  page.kezhan('on', 'unread', heard)
  page.panel({ kezhan: 'unread', count: 3, text: '周小满：茶到了', label: '打开在线客服，3 条未读' })
  expect(page.bubble().getAttribute('aria-label')).toBe('打开在线客服，3 条未读')
  expect(page.bubble().textContent).toBe('3')
  expect(heard.mock.lastCall![0]).toMatchObject({ count: 3, text: '周小满：茶到了' })
  const line = ui.getByText('周小满：茶到了')
  fireEvent.click(line)
  expect([shown(page.frame), shown(line)]).toEqual([true, false])
  expect(page.bubble().getAttribute('aria-label')).toBe('收起在线客服')
  page.panel({ kezhan: 'unread', count: 0, text: '', label: '打开在线客服' })
  fireEvent.click(page.bubble())
  expect([page.bubble().textContent, page.bubble().getAttribute('aria-label')]).toEqual(['', '打开在线客服'])
})

it('writes what it was told as text, whatever it looks like', async () => {
  const page = await runSnippet()
  page.panel({ kezhan: 'unread', count: 1, text: '<img src=x onerror="alert(1)">', label: '打开在线客服，1 条未读' })
  expect(document.querySelector('img')).toBeNull()
  expect(ui.getByText('<img src=x onerror="alert(1)">')).toBeTruthy()
})

it('keeps the visitor’s token and unsent messages in the page, hands them over, and touches nothing else there', async () => {
  localStorage.setItem('token', 'the page’s own')
  localStorage.setItem('kezhan.kzp_2.token', 'another site’s')
  const page = await runSnippet()
  page.panel({ kezhan: 'keep', key: 'token', value: 'tok' })
  page.panel({ kezhan: 'keep', key: 'out.1', value: '{}' })
  page.panel({ kezhan: 'keep', key: 'out.0', value: 'x' })
  page.panel({ kezhan: 'keep', key: 'out.0', value: null })
  leavePage()
  const next = await runSnippet()
  const [hello] = next.said
  expect(hello).toMatchObject({ kezhan: 'hello', kept: { token: 'tok', 'out.1': '{}' } })
  expect(Object.keys((hello as { kept: object }).kept).sort()).toEqual(['look', 'out.1', 'token'])
  expect(localStorage.getItem('token')).toBe('the page’s own')
  expect(localStorage.getItem('kezhan.kzp_2.token')).toBe('another site’s')
})

it.each([
  ['another origin', { origin: 'https://evil.example' }],
  ['our origin, but not our frame', { source: {} }],
  ['the page itself', { source: window, origin: 'http://localhost:3000' }],
  ['an origin that begins like ours', { origin: `${CHAT}.evil.example` }],
  ['a sandboxed frame', { origin: 'null' }],
])('does not hear a message from %s', async (_, { origin, source }: { origin?: string; source?: object }) => {
  const page = await runSnippet()
  const before = page.said.length
  page.panel({ kezhan: 'keep', key: 'token', value: 'stolen' }, origin, source)
  page.panel({ kezhan: 'ready' }, origin, source)
  page.panel({ kezhan: 'unread', count: 9, text: 'forged', label: 'forged' }, origin, source)
  expect(localStorage.getItem('kezhan.kzp_1.token')).toBeNull()
  expect(page.said).toHaveLength(before)
  expect(ui.queryByText('forged')).toBeNull()
})

it('minds no message of other parts of the page', async () => {
  const page = await runSnippet()
  for (const data of ['hello', 7, null, undefined, [], { type: 'react' }]) page.panel(data as object, 'https://ads.example', {})
  page.panel({ kezhan: 'from a later version' })
  page.panel({ type: 'unknown' })
  expect(shown(page.bubble())).toBe(true)
})

it('reports each address a page without loads shows, once, with the title it then has', async () => {
  const page = await runSnippet()
  const own = vi.fn()
  addEventListener('popstate', own)
  history.pushState({ a: 1 }, '', '/tea/long-jing')
  document.title = '龙井'
  await pass(200)
  history.replaceState({ a: 2 }, '', '/tea/long-jing')
  history.pushState(null, '', '/tea')
  history.pushState(null, '', '/cart')
  document.title = '购物车'
  await pass(200)
  expect(page.said.slice(1)).toEqual([
    { kezhan: 'page', page: { url: `${location.origin}/tea/long-jing`, title: '龙井', referrer: '' } },
    { kezhan: 'page', page: { url: `${location.origin}/cart`, title: '购物车', referrer: '' } },
  ])
  history.replaceState({ own: true }, '', '/back')
  dispatchEvent(new PopStateEvent('popstate'))
  await pass(200)
  expect(page.said.at(-1)).toMatchObject({ page: { url: `${location.origin}/back` } })
  expect([history.state, own.mock.calls.length]).toEqual([{ own: true }, 1])
})

it('says no address before the panel is there; the greeting carries the one it has then', async () => {
  const page = await runSnippet({}, null)
  history.pushState(null, '', '/early')
  await pass(200)
  expect(page.said.map(({ kezhan }) => kezhan)).toEqual(['hello'])
})

it('carries out what was asked before it was there, in order', async () => {
  const queue: unknown[][] = [['open'], ['identify', 'jwt'], ['track', '加入购物车']]
  vi.stubGlobal('kezhan', Object.assign(() => undefined, { q: queue }))
  const page = await runSnippet({}, null)
  expect(page.said.map(({ kezhan }) => kezhan)).toEqual(['hello'])
  page.panel({ kezhan: 'look', look: LOOK })
  expect(page.said.slice(1)).toEqual([
    { kezhan: 'open', open: true, full: false },
    { kezhan: 'do', name: 'identify', value: 'jwt' },
    { kezhan: 'do', name: 'track', value: '加入购物车' },
  ])
})

it('does by script what the bubble does by hand, and tells who asked to hear', async () => {
  const page = await runSnippet()
  const [opened, closed] = [vi.fn(), vi.fn()]
  page.kezhan('on', 'open', opened)
  page.kezhan('on', 'close', closed)
  page.kezhan('open')
  page.kezhan('open')
  page.kezhan('close')
  page.kezhan('attributes', { level: 'gold' })
  expect([opened.mock.calls.length, closed.mock.calls.length]).toEqual([1, 1])
  expect(page.said.at(-1)).toEqual({ kezhan: 'do', name: 'attributes', value: { level: 'gold' } })
})

it('is open on the next page of the same visit, and on no phone', async () => {
  const first = await runSnippet()
  first.kezhan('open')
  leavePage()
  const second = await runSnippet()
  expect([shown(second.frame), second.said[0]]).toMatchObject([true, { kezhan: 'hello', open: true }])
  leavePage()
  onPhone()
  const third = await runSnippet()
  expect([shown(third.frame), third.said[0]]).toMatchObject([false, { open: false, full: true }])
})

it('keeps the page behind a panel that covers it where it is, and lets it go again', async () => {
  onPhone()
  const page = await runSnippet()
  page.kezhan('open')
  expect(document.documentElement.style.overflow).toBe('hidden')
  page.kezhan('close')
  expect(document.documentElement.style.overflow).toBe('')
})

it('leaves the button to the page where the site has none, and opens by script', async () => {
  const page = await runSnippet({}, { ...LOOK, launcher: false })
  page.panel({ kezhan: 'unread', count: 1, text: '您好', label: 'x' })
  expect(ui.queryByRole('button', { hidden: false })).toBeNull()
  page.kezhan('open')
  expect(shown(page.frame)).toBe(true)
})

it('stands in the page itself where it is embedded: open, without a bubble, never closed', async () => {
  document.body.innerHTML = '<main id="help"></main>'
  const page = await runSnippet({ mode: 'embed', target: '#help' })
  expect(page.frame.parentElement?.id).toBe('help')
  expect(new URL(page.frame.src).searchParams.has('embed')).toBe(true)
  expect(page.said[0]).toMatchObject({ kezhan: 'hello', open: true })
  page.kezhan('close')
  page.panel({ kezhan: 'close' })
  page.panel({ kezhan: 'unread', count: 2, text: 'x', label: 'x' })
  expect([shown(page.frame), ui.queryByRole('button', { hidden: false }), page.said.length]).toEqual([true, null, 1])
})

it('works on a page that keeps its storage from everybody', async () => {
  for (const name of ['localStorage', 'sessionStorage'] as const) {
    vi.spyOn(window, name, 'get').mockImplementation(() => {
      throw new DOMException('denied', 'SecurityError')
    })
  }
  const page = await runSnippet()
  page.panel({ kezhan: 'keep', key: 'token', value: 'tok' })
  page.kezhan('open')
  expect(shown(page.frame)).toBe(true)
  expect(page.said[0]).toMatchObject({ kept: {} })
  vi.restoreAllMocks()
})

it('works on a page whose storage is full', async () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  const page = await runSnippet()
  page.panel({ kezhan: 'keep', key: 'token', value: 'tok' })
  page.kezhan('open')
  expect(shown(page.frame)).toBe(true)
})

it('works on a page that has added to the prototypes of everything', async () => {
  const objects = Object.prototype as unknown as Record<string, unknown>
  const arrays = Array.prototype as unknown as Record<string, unknown>
  objects.extend = () => undefined
  arrays.each = () => undefined
  arrays.toJSON = () => 'an old library'
  try {
    const page = await runSnippet()
    page.panel({ kezhan: 'keep', key: 'token', value: 'tok' })
    page.kezhan('open')
    page.kezhan('on', 'close', () => undefined)
    page.kezhan('close')
    expect(page.said.map(({ kezhan }) => kezhan)).toEqual(['hello', 'open', 'open'])
    expect(localStorage.getItem('kezhan.kzp_1.look')).toBe(JSON.stringify(LOOK))
  } finally {
    delete objects.extend
    delete arrays.each
    delete arrays.toJSON
  }
})

it('brings no style sheet and no script into the page, so that its policy allows what it does', async () => {
  const page = await runSnippet()
  page.kezhan('open')
  expect(document.querySelectorAll('style, link, body script, [onclick]')).toHaveLength(0)
  expect(frames()).toHaveLength(1)
})

it('breaks nothing on a page whose framework has thrown its elements away', async () => {
  const page = await runSnippet()
  vi.spyOn(HTMLIFrameElement.prototype, 'contentWindow', 'get').mockReturnValue(null)
  document.body.replaceChildren()
  page.kezhan('open')
  history.pushState(null, '', '/next')
  await pass(200)
  expect(page.said.map(({ kezhan }) => kezhan)).toEqual(['hello'])
})

it('waits for a page that is still loading, so that it delays nothing', async () => {
  vi.spyOn(document, 'readyState', 'get').mockReturnValue('interactive')
  await runSnippet({}, null).catch(() => undefined)
  expect(frames()).toHaveLength(0)
  dispatchEvent(new Event('load'))
  expect(frames()).toHaveLength(1)
})

it('is there once on a page that has the snippet twice, and goes on hearing the page', async () => {
  const page = await runSnippet()
  const { kezhan } = window as unknown as { kezhan: unknown }
  const heard = vi.fn()
  page.kezhan('on', 'open', heard)
  await runSnippet({ site: 'kzp_2' }, null)
  expect([frames().length, document.querySelectorAll('body > button').length]).toEqual([1, 2])
  expect((window as unknown as { kezhan: unknown }).kezhan).toBe(kezhan)
  page.kezhan('open')
  expect([heard.mock.calls.length, shown(page.frame)]).toEqual([1, true])
})

it('is there once though both snippets ran before the page was ready, with what each of them was asked', async () => {
  const ready = vi.spyOn(document, 'readyState', 'get').mockReturnValue('interactive')
  await runSnippet({}, null).catch(() => undefined)
  await runSnippet({}, null).catch(() => undefined)
  ready.mockReturnValue('complete')
  dispatchEvent(new Event('load'))
  expect(frames()).toHaveLength(1)
})

it.each(['{', '"x"', '5', '{}', 'null'])('works on a page that keeps %s where our looks should be', async (kept) => {
  localStorage.setItem('kezhan.kzp_1.look', kept)
  const page = await runSnippet()
  expect(page.bubble().getAttribute('aria-label')).toBe('打开在线客服')
  fireEvent.click(page.bubble())
  expect(shown(page.frame)).toBe(true)
})

it.each(['#not-there', '#1 2', '', undefined])('throws nothing into a page that has no place %s for it', async (target) => {
  const data: Record<string, string> = { mode: 'embed' }
  if (target !== undefined) data.target = target
  await runSnippet(data)
  expect([frames().length, document.querySelectorAll('button').length]).toEqual([0, 0])
})

it('gives a page back the overflow it had, also one the page has chosen itself', async () => {
  document.documentElement.style.overflow = 'scroll'
  onPhone()
  const page = await runSnippet()
  expect(document.documentElement.style.overflow).toBe('scroll')
  for (let n = 0; n < 2; n++) {
    page.kezhan('open')
    page.panel({ kezhan: 'unread', count: 0, text: '', label: 'x' })
    expect(document.documentElement.style.overflow).toBe('hidden')
    page.kezhan('close')
    expect(document.documentElement.style.overflow).toBe('scroll')
  }
})

it('leaves the overflow of a page alone that it does not cover', async () => {
  document.documentElement.style.overflow = 'clip'
  const page = await runSnippet()
  page.kezhan('open')
  expect(document.documentElement.style.overflow).toBe('clip')
})

it.each(['pointerenter', 'focus'])('says at %s of the bubble that an opening is near, and no more after the first one', async (event) => {
  const page = await runSnippet()
  const near = () => page.said.filter(({ kezhan }) => kezhan === 'near').length
  page.bubble().dispatchEvent(new Event(event))
  expect(near()).toBe(1)
  fireEvent.click(page.bubble())
  fireEvent.click(page.bubble())
  page.bubble().dispatchEvent(new Event(event))
  expect(near()).toBe(1)
})

it('does not speak to a panel that is not there yet', async () => {
  const page = await runSnippet({}, null)
  for (const name of ['pointerenter', 'focus']) document.querySelectorAll('button')[1]!.dispatchEvent(new Event(name))
  expect(page.said.map(({ kezhan }) => kezhan)).toEqual(['hello'])
})
