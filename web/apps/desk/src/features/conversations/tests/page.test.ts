import type { Head, IdentityOut, ListRow } from '@kezhan/api'
import { screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it } from 'vitest'
import { router } from '../../../router'
import { agentMay, me, net, screenIs, settled, soon, visit, type Scene } from '../../../tests/stage'
import { useThreads } from '..'
import { head, message, snapshot } from './fixtures'
import { keeps } from './scene'

const row = (id: string, more: Partial<Head> = {}, read = 1): ListRow => ({ head: head({ id, contact_name: `客户${id}`, ...more }), read_inbound: read })
const at = (): string => router.currentRoute.value.path
const field = (): HTMLElement | null => screen.queryByRole('textbox')
const region = (name: string): HTMLElement | null => screen.queryByRole('region', { name })
const side = (): HTMLElement | null => screen.queryByRole('complementary', { name: '客户资料' })

let state: Partial<Head>

beforeEach(() => {
  state = {}
  net.answers('conversationsList', { items: [row('c1'), row('c2', { active_at: '2026-11-22T07:00:00.000Z' })] })
  net.answers('conversationsGet', ({ path }) => snapshot([message(1)], { head: head({ id: path.conversation_id, contact_name: `客户${path.conversation_id}`, ...state }) }))
  net.answers('conversationsPutDraft', keeps)
  // The customer's card has its own tests; here it stands for itself.
  net.refuses('contactsGet', { status: 404, code: 'contacts.not_found', title: '客户资料读不到' })
  net.refuses('visitsCard', { status: 404, code: 'contacts.not_found', title: '来访读不到' })
})

async function open(path = '/conversations/mine/c1'): Promise<Scene> {
  const scene = await visit(path)
  await soon(() => expect(screen.queryByText('正在读取')).toBeNull())
  return scene
}

describe('the desk with its three columns', () => {
  it('says how to begin while nothing is open, and follows nothing', async () => {
    await open('/conversations/mine')
    expect(screen.getByText('选一个会话开始')).toBeTruthy()
    expect(net.saidOf('watch')).toEqual([])
    expect(side()).toBeNull()
  })

  it('opens a conversation by its address, with the customer beside it', async () => {
    await open()
    expect(region('会话列表')).toBeTruthy()
    expect(region('客户c1')).toBeTruthy()
    expect(side()).toBeTruthy()
    expect(new Set(net.saidOf('watch').map((one) => one.conversation_id))).toEqual(new Set(['c1']))
  })

  it('goes from one to the next by a click in the list and leaves the first', async () => {
    const { user } = await open()
    await user.click(within(region('会话列表')!).getByText('客户c2'))
    await soon(() => expect(region('客户c2')).toBeTruthy())
    expect(at()).toBe('/conversations/mine/c2')
    expect(net.saidOf('unwatch')).toMatchObject([{ conversation_id: 'c1' }])
    expect(document.querySelector('[aria-current="true"]')?.getAttribute('data-row')).toBe('c2')
  })

  it('stops following when the desk goes elsewhere', async () => {
    net.answers('contactsList', { items: [], next: null })
    const { user } = await open()
    await user.keyboard('gc')
    await soon(() => expect(at()).toBe('/contacts'))
    await soon(() => expect(net.saidOf('unwatch')).toHaveLength(1))
    expect(useThreads().watched).toBeNull()
  })

  it('counts the unread in the page’s title', async () => {
    net.answers('conversationsList', { items: [row('c1', { inbound_count: 4 }), row('c2', { inbound_count: 2 })] })
    await open('/conversations/mine')
    await soon(() => expect(document.title).toBe('(4) 会话 · 客栈'))
  })

  it('makes the list wider by the keyboard, within its bounds, and remembers', async () => {
    const { user } = await open('/conversations/mine')
    const handle = screen.getByRole('separator', { name: '调整列表宽度' })
    handle.focus()
    await user.keyboard('{ArrowRight>8/}')
    expect(handle.getAttribute('aria-valuenow')).toBe('380')
    await user.keyboard('{ArrowLeft>9/}')
    expect(handle.getAttribute('aria-valuenow')).toBe('320')
    expect(localStorage.getItem('kz.list.width')).toBe('320')
  })
})

describe('the customer’s side', () => {
  it('goes and comes with i, and stays away on the next visit', async () => {
    const { user, unmount } = await open()
    await user.keyboard('i')
    expect(side()).toBeNull()
    unmount()
    const again = await open()
    expect(side()).toBeNull()
    await again.user.click(screen.getByLabelText('客户c1，客户资料'))
    expect(side()).toBeTruthy()
  })

  it('tells of earlier conversations but not of this one, and leads to them', async () => {
    net.answers('conversationsOfContact', [row('c1'), row('c9', { state: 'closed', preview: { seq: 3, kind: 'text', author: 'agent', text: '再见' } })])
    const fields = [{ id: 'why', kind: 'choice' as const, label: '原因', choices: [{ id: 'a', label: '物流', children: [] }] }]
    net.answers('conversationsWrittenDown', { items: [{ conversation_id: 'c9', wrap_up: { fields, values: { why: 'a' } } }] })
    const { user } = await open()
    await user.click(within(side()!).getByRole('tab', { name: '历史会话' }))
    await soon(() => expect(within(side()!).getAllByRole('listitem')).toHaveLength(1))
    const link = within(side()!).getByRole('link')
    expect(link.getAttribute('href')).toBe('/conversations/closed/c9')
    expect(link.textContent).toContain('我：再见')
    await soon(() => expect(within(link).getByRole('definition').textContent).toBe('物流'))
    expect(net.asked('conversationsOfContact')[0]!.path).toEqual({ contact_id: 'p1' })
  })

  it('reads all of her anew once she has shown to be another customer as well', async () => {
    await open()
    const before = net.asked('contactsGet').length
    const joined = message(2, { kind: 'event', author: { kind: 'system' }, body: '', payload: { is: 'event', event: 'joined' } })
    net.tell({ type: 'changed', conversation_id: 'c1', from_rev: 1, rev: 2, messages: [joined], head: head({ rev: 2 }) })
    await soon(() => expect(net.asked('contactsGet').length).toBeGreaterThan(before))
    expect(screen.getByText(/确认与另一位客户是同一人/)).toBeTruthy()
  })

  describe('says by which channels she comes', () => {
    const identity = (id: string, account_id: string): IdentityOut => ({ id, account_id, external_id: id, verified: true, created_at: '2026-11-22T08:00:00.000Z' })
    const known = (...identities: IdentityOut[]): void => {
      net.answers('tagsList', { items: [], manages: false, limit: 1000 })
      net.answers('tagsOfContact', { ids: [] })
      net.answers('contactsGet', {
        id: 'p1', number: '483920', name: '林小满', email: null, phone: null, language: null, tier: '', owner_id: null, owner_name: '',
        note: '', merges: [], company_id: null, company_name: '', attributes: {}, created_at: '2026-11-22T08:00:00.000Z', identities,
      })
    }
    const doors = (): HTMLElement => within(side()!).getByRole('navigation', { name: '渠道' })

    it('each with her newest conversation there, this one lit', async () => {
      known(identity('i1', 'a1'), identity('i2', 'a2'))
      net.answers('conversationsOfContact', [
        row('c9', { account_id: 'a2', channel: 'open', state: 'closed' }),
        row('c8', { account_id: 'a2', channel: 'open', state: 'closed' }),
        row('c7'),
        row('c1'),
      ])
      await open()
      await soon(() => expect(within(doors()).getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['/conversations/closed/c9', '/conversations/all/c1']))
      expect(within(doors()).getByRole('link', { current: true }).textContent).toContain('网站')
    })

    it('and nothing where it is only one, of which nobody asks', async () => {
      known(identity('i1', 'a1'), identity('i2', 'a1'))
      await open()
      await settled()
      expect(within(side()!).queryByRole('navigation')).toBeNull()
      expect(net.asked('conversationsOfContact')).toEqual([])
    })
  })

  it.each([
    ['there are none', [row('c1')], '没有更早的会话'],
    ['they cannot be read', null, '请稍后再试。'],
  ])('says that %s', async (_, answer, words) => {
    if (answer) net.answers('conversationsOfContact', answer)
    else net.refuses('conversationsOfContact', { status: 503, code: 'kit.busy', title: '请稍后再试。' })
    const { user } = await open()
    await user.click(within(side()!).getByRole('tab', { name: '历史会话' }))
    expect(await within(side()!).findByText(words)).toBeTruthy()
  })

  it('floats over the thread where there is less room', async () => {
    screenIs(1100)
    const { user } = await open()
    expect(side()).toBeNull()
    await user.keyboard('i')
    await soon(() => expect(within(screen.getByRole('dialog')).getByRole('tab', { name: '客户' })).toBeTruthy())
  })
})

describe('the keys', () => {
  it('write with r, and a note with n', async () => {
    const { user } = await open()
    await user.keyboard('r')
    await settled()
    expect(document.activeElement).toBe(field())
    await user.keyboard('{Escape}')
    expect(document.activeElement).not.toBe(field())
    await user.keyboard('n')
    await settled()
    expect(screen.getByText('内部备注，客户看不到')).toBeTruthy()
    expect(document.activeElement).toBe(field())
  })

  it('are letters while somebody writes', async () => {
    net.answers('conversationsClose', null)
    const { user } = await open()
    await user.click(field()!)
    await user.keyboard('jkeita')
    expect((field() as HTMLTextAreaElement).value).toBe('jkeita')
    expect([at(), net.asked('conversationsClose').length]).toEqual(['/conversations/mine/c1', 0])
  })

  it('close with e and open again with e', async () => {
    net.answers('conversationsClose', null)
    net.answers('conversationsReopen', undefined as never)
    const { user } = await open()
    await user.keyboard('e')
    await settled()
    expect(net.asked('conversationsClose').map((one) => one.path.conversation_id)).toEqual(['c1'])
    net.tell({ type: 'changed', conversation_id: 'c1', from_rev: 1, rev: 2, head: head({ rev: 2, state: 'closed' }) })
    await settled()
    await user.keyboard('e')
    await settled()
    expect(net.asked('conversationsReopen')).toHaveLength(1)
  })

  it('take with t only what waits', async () => {
    net.answers('conversationsAssign', null)
    state = { state: 'queued', assignee_id: null }
    const { user } = await open()
    await user.keyboard('t')
    await settled()
    expect(net.asked('conversationsAssign').map((one) => one.body)).toEqual([{ seen: null }])
    net.tell({ type: 'changed', conversation_id: 'c1', from_rev: 1, rev: 2, head: head({ rev: 2 }) })
    await settled()
    await user.keyboard('t')
    await settled()
    expect(net.asked('conversationsAssign')).toHaveLength(1)
  })

  it('lead back with Escape, and choose a colleague with a', async () => {
    const { user } = await open()
    await user.keyboard('a')
    expect(await screen.findByText('请同事接手，或转到小组排队。')).toBeTruthy()
    await user.keyboard('{Escape}')
    await soon(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(at()).toBe('/conversations/mine/c1')
    await user.keyboard('{Escape}')
    await soon(() => expect(at()).toBe('/conversations/mine'))
  })

  it.each([
    ['may not close', { permissions: agentMay.filter((right) => right !== 'conversation.close') }, 'e'],
    ['may not assign a colleague’s', { permissions: agentMay.filter((right) => right !== 'conversation.assign') }, 'a'],
    ['may not open a closed one again', { permissions: agentMay.filter((right) => right !== 'conversation.reply') }, 'e closed'],
    ['looks at a closed one', {}, 'a closed'],
    ['may not reply to what waits', { permissions: agentMay.filter((right) => right !== 'conversation.reply') }, 't'],
  ])('do nothing for somebody who %s', async (_, who, key) => {
    net.answers('workspacesGetMe', me(who))
    net.answers('conversationsClose', null)
    net.answers('conversationsAssign', null)
    net.answers('conversationsReopen', undefined as never)
    if (key.endsWith(' closed')) state = { state: 'closed' }
    else state = key === 't' ? { state: 'queued', assignee_id: null } : { assignee_id: 'other', assignee_name: '周子安' }
    const { user } = await open('/conversations/all/c1')
    await user.keyboard(key[0]!)
    await settled()
    const asked = [net.asked('conversationsClose'), net.asked('conversationsReopen'), net.asked('conversationsAssign')]
    expect(asked).toEqual([[], [], []])
    expect(screen.queryAllByRole('dialog')).toHaveLength(0)
  })
})

describe('on a phone', () => {
  beforeEach(() => screenIs(390))

  it('list, thread and customer are three screens, with a way back from each', async () => {
    const { user } = await open('/conversations/mine')
    await user.click(within(region('会话列表')!).getByText('客户c1'))
    await soon(() => expect(region('客户c1')).toBeTruthy())
    expect(region('会话列表')).toBeNull()
    await user.click(screen.getByLabelText('客户c1，客户资料'))
    await soon(() => expect(at()).toBe('/conversations/mine/c1/customer'))
    expect(region('客户c1')).toBeNull()
    await user.click(within(side()!).getByLabelText('返回'))
    await soon(() => expect(region('客户c1')).toBeTruthy())
    await user.click(screen.getByLabelText('返回'))
    await soon(() => expect(region('会话列表')).toBeTruthy())
    expect(at()).toBe('/conversations/mine')
  })

  it('the customer’s screen follows the conversation too', async () => {
    await open('/conversations/mine/c1/customer')
    expect(new Set(net.saidOf('watch').map((one) => one.conversation_id))).toEqual(new Set(['c1']))
  })
})
