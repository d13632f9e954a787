import type { Message, ReachView } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { press } from '../../../tests/hands'
import { net, settled, type Scene } from '../../../tests/stage'
import { addressIn } from '../copying'
import { useOutbox } from '../sending'
import { head, ME, message } from './fixtures'
import { openThread } from './scene'

const view = (copies: string[] | null): ReachView => ({
  adapter: 'email', sends: ['text', 'file'], text_length: 100_000, text_unit: 'characters', windowed: false, open: true, ends_at: null, allowed: null, left: null, templates: false, working: true, copies,
})
const row = (): HTMLElement => screen.getByRole('group', { name: '抄送' })
const listed = (): (string | null)[] => within(row()).queryAllByRole('listitem').map((one) => one.textContent.trim())
const sent = (): (string[] | undefined)[] => useOutbox().box.map(({ more }) => more?.copies)

async function talk(copies: string[] | null, messages: Message[] = [message(1)]): Promise<Scene> {
  net.answers('channelsReach', view(copies))
  net.answersIfSilent('channelsKinds', { items: [] })
  const scene = await openThread(messages, { snapshot: { head: head({ channel: 'email' }) } })
  await screen.findByRole('textbox', { name: /回复/ })
  if (copies) await screen.findByRole('group', { name: '抄送' })
  return scene
}

async function add(scene: Scene, words: string): Promise<void> {
  await press(scene, '添加抄送地址')
  const field = within(row()).getByRole('textbox')
  await fireEvent.update(field, words)
  await fireEvent.keyDown(field, { key: 'Enter' })
  await settled()
}

async function reply(scene: Scene, words: string): Promise<void> {
  await fireEvent.update(screen.getByRole('textbox', { name: /回复/ }), words)
  await press(scene, '发送')
}

describe('above a reply to a mail', () => {
  beforeEach(() => localStorage.clear())

  it('stands who else got it, and the reply goes to whom is left and whom is added', async () => {
    const scene = await talk(['mother@x.example', 'boss@x.example'])
    expect(listed()).toEqual(['mother@x.example', 'boss@x.example'])
    await press(scene, '不抄送给 boss@x.example')
    await add(scene, 'Aunt@x.example，mother@x.example')
    await reply(scene, '好')
    expect(sent()).toEqual([['mother@x.example', 'aunt@x.example']])
    expect(listed()).toEqual(['mother@x.example', 'boss@x.example'])
  })

  it('an address that is none stays to be mended', async () => {
    const scene = await talk([])
    await add(scene, 'aunt@x.example nobody')
    expect(listed()).toEqual(['aunt@x.example'])
    expect(screen.getByRole('alert').textContent).toBe('“nobody”不是有效的邮箱地址。')
    expect(within(row()).getByRole<HTMLInputElement>('textbox').value).toBe('nobody')
  })

  it('nothing stands where the channel sends no copies, and a note goes to nobody', async () => {
    const scene = await talk(null)
    expect(screen.queryByRole('group', { name: '抄送' })).toBeNull()
    await reply(scene, '好')
    expect(sent()).toEqual([undefined])
  })

  it('a message tells who got a copy', async () => {
    await talk([], [message(1, { author: { kind: 'agent', id: ME, name: '小林' }, payload: { is: 'copied', copies: ['a@x.example'] } })])
    expect(screen.getByText('抄送：a@x.example')).toBeTruthy()
  })
})

it.each([
  ['Aunt@X.example ', 'aunt@x.example'],
  ['a.b+c@x-y.example', 'a.b+c@x-y.example'],
  ['a..b@x.example', null],
  ['a@x', null],
  ['王@x.example', null],
  ['a@x.example\nBcc: b@x.example', null],
])('%j is the address %j', (text, address) => {
  expect(addressIn(text)).toBe(address)
})
