import type { ContactDetail, ContactOut, MemberView, VisitorCard } from '@kezhan/api'
import { fireEvent, screen, within } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { alerts, choose, comesTo, field, press, problem, where, write } from '../../../tests/hands'
import { me, net, place, screenIs, settled, soon, type Scene } from '../../../tests/stage'
import { CustomerCard } from '..'
import ContactsPage from '../pages/ContactsPage.vue'

const contact = (id: string, more: Partial<ContactOut> = {}): ContactOut => ({
  id, number: '1007', name: '', email: null, phone: null, language: null, tier: '', owner_id: null, created_at: '2026-10-01T08:00:00.000Z', ...more,
})
const detail = (more: Partial<ContactDetail> = {}): ContactDetail => ({
  ...contact('c1', { name: '王小明', email: 'ming@shop.example' }), owner_name: '', company_id: null, company_name: '', note: '', attributes: {}, identities: [], merges: [], ...more,
})
const nowhere: VisitorCard = { contact_id: 'c1', visits: 0, first_seen_at: null, visit: null, pages: [] }

beforeEach(() => {
  net.answers('workspacesGetMe', me({ permissions: ['contact.read', 'contact.write', 'conversation.read', 'member.read'] }))
  net.answers('visitsCard', nowhere)
  net.answers('contactsTiers', { items: ['VIP', '金卡'] })
  net.answers('tagsList', { items: [], manages: false, limit: 1000 })
  net.answers('tagsOfContact', { ids: [] })
  net.answers('conversationsOfContact', [])
})

describe('a customer’s card', () => {
  const card = (more: Partial<ContactDetail> = {}): Promise<Scene> => {
    net.answers('contactsGet', detail(more))
    return place(CustomerCard, { contactId: 'c1', fallback: '访客 1007' }, { lineOpen: false })
  }
  /** Writes and leaves the field, as by going on to the next one. */
  const put = async (label: string, text: string): Promise<void> => {
    await write(label, text)
    await fireEvent.blur(field(label))
    await settled()
  }
  const edits = (): unknown[] => net.asked('contactsEdit').map(({ body }) => body)

  it.each([['王小明', '王小明'], ['', '访客 1007']])('shows who she is, named %s, as %s', async (name, shown) => {
    await card({ name })
    expect([screen.getByTitle(shown), screen.getByText(/编号 1007/), field('姓名').value]).toEqual([expect.anything(), expect.anything(), name])
  })

  it('says whether the site has vouched for her', async () => {
    const identity = { id: 'i1', account_id: 'a1', external_id: 'u1', verified: false, created_at: '2026-10-01T08:00:00.000Z' }
    const scene = await card({ identities: [identity] })
    expect(screen.queryByText(/已验证身份/)).toBeNull()
    scene.unmount()
    net.answers('contactsGet', detail({ identities: [identity, { ...identity, id: 'i2', verified: true }] }))
    await place(CustomerCard, { contactId: 'c3', fallback: '' }, { lineOpen: false })
    expect(screen.getByText(/已验证身份/)).toBeTruthy()
  })

  it('offers the tiers there are and stores another one', async () => {
    await card({ tier: '金卡' })
    expect(net.asked('contactsTiers')).toEqual([])
    field('客户等级').focus()
    await soon(() => expect(field('客户等级').getAttribute('list')).toBeTruthy())
    const list = document.getElementById(field('客户等级').getAttribute('list') ?? '')
    expect([...(list?.querySelectorAll('option') ?? [])].map(({ value }) => value)).toEqual(['VIP', '金卡'])
    net.answers('contactsEdit', detail({ tier: '黑卡' }))
    await put('客户等级', '黑卡')
    expect([edits(), field('客户等级').value]).toEqual([[{ tier: '黑卡' }], '黑卡'])
  })

  it('gives her a dedicated agent of those who serve, and takes her away again', async () => {
    const member = (id: string, name: string, role: 'agent' | 'inspector'): MemberView => ({ id, name, role, email: '', team_ids: [], created_at: '2026-10-01T08:00:00.000Z', archived_at: null })
    net.answers('workspacesListMembers', { items: [member('m1', '周子安', 'agent'), member('m2', '陈质检', 'inspector')], next: null })
    const scene = await card()
    net.answers('contactsEdit', detail({ owner_id: 'm1', owner_name: '周子安' }))
    await scene.user.click(screen.getByLabelText('专属客服', { selector: 'button' }))
    expect([await screen.findByRole('option', { name: '周子安' }), screen.queryByRole('option', { name: '陈质检' })]).toEqual([expect.anything(), null])
    await scene.user.click(screen.getByRole('option', { name: '周子安' }))
    await settled()
    net.answers('contactsEdit', detail())
    await choose(scene, '专属客服', '无')
    expect(edits()).toEqual([{ owner_id: 'm1' }, { owner_id: null }])
  })

  it('still names a dedicated agent who has left, and says why another is refused', async () => {
    const scene = await card({ owner_id: 'gone', owner_name: '老周' })
    expect(screen.getByLabelText('专属客服', { selector: 'button' }).textContent).toContain('老周')
    net.refuses('contactsEdit', problem(409, 'workspaces.cannot_serve', '这位成员不能接待客户。'))
    await choose(scene, '专属客服', '无')
    expect([alerts(), screen.getByText('没有保存')]).toEqual([['这位成员不能接待客户。'], expect.anything()])
  })

  it('lists what the site told of her, zero and no included', async () => {
    await card({ attributes: { 会员等级: '金', 订单数: 0, 订阅: false } })
    const list = screen.getByLabelText('网站提供的信息')
    expect(within(list).getAllByRole('definition').map((one) => one.textContent)).toEqual(['金', '0', 'false'])
  })

  it('stores a field that was changed, without blanks, and says so', async () => {
    await card()
    net.answers('contactsEdit', detail({ name: '王大明' }))
    await put('姓名', ' 王大明 ')
    expect(edits()).toEqual([{ name: '王大明' }])
    expect([screen.getByText('已保存'), screen.getByTitle('王大明'), field('姓名').value]).toEqual([expect.anything(), expect.anything(), '王大明'])
  })

  it('stores on Enter, once', async () => {
    const { user } = await card()
    net.answers('contactsEdit', detail({ phone: '13800138000' }))
    await user.type(field('电话'), '138{Enter}')
    await settled()
    expect(edits()).toEqual([{ phone: '138' }])
  })

  it('writes a new line on Enter in the note, and stores it when left', async () => {
    const { user } = await card()
    net.answers('contactsEdit', detail({ note: '一\n二' }))
    await user.type(field('备注'), '一{Enter}二')
    expect(edits()).toEqual([])
    await user.tab()
    await settled()
    expect(edits()).toEqual([{ note: '一\n二' }])
  })

  it.each([
    ['Enter', '邮箱'],
    ['Escape', '邮箱'],
  ])('leaves %s to the input method while a word is being composed', async (key, label) => {
    await card()
    await write(label, 'new@shop.example')
    field(label).focus()
    await fireEvent.keyDown(field(label), { key, isComposing: true })
    await settled()
    expect([edits(), field(label).value, document.activeElement === field(label)]).toEqual([[], 'new@shop.example', true])
  })

  it('takes an emptied field for none', async () => {
    await card()
    net.answers('contactsEdit', detail({ email: null }))
    await put('邮箱', '  ')
    expect([edits(), field('邮箱').value]).toEqual([[{ email: null }], ''])
  })

  it('sends nothing where nothing was changed', async () => {
    await card()
    await put('邮箱', ' ming@shop.example ')
    expect([edits(), field('邮箱').value, net.unknown]).toEqual([[], 'ming@shop.example', []])
  })

  it('takes a change back on Escape', async () => {
    const { user } = await card()
    await write('姓名', '错')
    field('姓名').focus()
    await user.keyboard('{Escape}')
    await user.tab()
    expect([field('姓名').value, edits()]).toEqual(['王小明', []])
  })

  it('says beside the field why it is refused, and keeps what was typed', async () => {
    await card()
    net.refuses('contactsEdit', problem(400, 'contacts.bad_email', '邮箱地址的格式不对。'))
    await put('邮箱', 'no address')
    const told = document.getElementById(field('邮箱').getAttribute('aria-describedby') ?? '')?.textContent
    expect([told, field('邮箱').value, field('邮箱').getAttribute('aria-invalid'), screen.getByText('没有保存')]).toEqual([
      '邮箱地址的格式不对。', 'no address', 'true', expect.anything(),
    ])
  })

  it('has nothing more to say once what was refused is taken back by hand', async () => {
    await card()
    net.refuses('contactsEdit', problem(400, 'contacts.bad_email', '邮箱地址的格式不对。'))
    await put('邮箱', 'no address')
    await put('邮箱', 'ming@shop.example')
    expect([screen.queryByText('邮箱地址的格式不对。'), screen.queryByText('没有保存'), net.asked('contactsEdit').length]).toEqual([null, null, 1])
  })

  it('tries again what could not be stored, and then forgets the fault', async () => {
    await card()
    net.breaks('contactsEdit')
    await put('姓名', '王大明')
    expect(screen.getByText(/暂时连不上服务器/)).toBeTruthy()
    net.answers('contactsEdit', detail({ name: '王大明' }))
    await fireEvent.blur(field('姓名'))
    await settled()
    expect([screen.queryByText(/暂时连不上服务器/), edits().length]).toEqual([null, 2])
  })

  it('does not lose what is typed while the change before is on its way', async () => {
    await card()
    const tell = net.holds('contactsEdit')
    await put('姓名', '王大明')
    await write('姓名', '王大明先生')
    tell(detail({ name: '王大明' }))
    await settled()
    expect(field('姓名').value).toBe('王大明先生')
    net.answers('contactsEdit', detail({ name: '王大明先生' }))
    await fireEvent.blur(field('姓名'))
    await settled()
    expect(edits()).toEqual([{ name: '王大明' }, { name: '王大明先生' }])
  })

  it('shows what the server made of it', async () => {
    await card()
    net.answers('contactsEdit', detail({ email: 'ming@shop.example', phone: '+8613800138000' }))
    await put('电话', '+86 138 0013 8000')
    expect(field('电话').value).toBe('+8613800138000')
  })

  it('can only be read by those who may not change customers', async () => {
    net.answers('workspacesGetMe', me({ permissions: ['contact.read'] }))
    await card()
    expect(['姓名', '邮箱', '电话', '客户等级', '语言', '备注', '专属客服'].map((label) => field(label).disabled)).toEqual([true, true, true, true, true, true, true])
  })

  it('says why it cannot be shown, and is read when asked again', async () => {
    net.refuses('contactsGet', problem(404, 'contacts.not_found', '联系人不存在。'))
    const scene = await place(CustomerCard, { contactId: 'c1', fallback: '' }, { lineOpen: false })
    expect(alerts()).toEqual([expect.stringContaining('联系人不存在。')])
    net.answers('contactsGet', detail())
    await press(scene, '重试')
    expect([alerts(), field('姓名').value]).toEqual([[], '王小明'])
  })
})

describe('the list of customers', () => {
  const list = (items: ContactOut[], path = '/contacts'): Promise<Scene> => {
    net.answers('contactsList', { items, next: null })
    net.answers('contactsGet', detail())
    return place(ContactsPage, {}, { path, lineOpen: false })
  }
  /** The typing rests, and the answer comes. */
  const rest = async (): Promise<void> => {
    for (let turn = 0; turn < 6; turn += 1) {
      await vi.advanceTimersByTimeAsync(60)
      await settled()
    }
  }
  const rows = (): (string | null)[] => screen.getAllByRole('link').filter((link) => /^\/contacts\//.test(link.getAttribute('href') ?? '')).map((link) => link.textContent)

  it('shows each by name and by what she can be reached, strangers by number', async () => {
    await list([contact('a', { name: '王小明', email: 'ming@shop.example', phone: '1' }), contact('b', { name: '李', phone: '138' }), contact('c', { number: '1009' })])
    expect(rows()).toEqual(['明王小明ming@shop.example', '李李138', '访客 1009编号 1009'])
    expect(screen.getByText('选一位客户查看资料')).toBeTruthy()
  })

  it('looks for what is typed, when the typing rests', async () => {
    await list([contact('a', { name: '王小明' })])
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    for (const text of ['w', 'wa', 'wang']) await write('姓名、拼音、邮箱或编号', text)
    await vi.advanceTimersByTimeAsync(200)
    expect(net.asked('contactsList').map(({ query }) => query.q)).toEqual([''])
    await vi.advanceTimersByTimeAsync(100)
    expect(net.asked('contactsList').map(({ query }) => query.q)).toEqual(['', 'wang'])
  })

  it('says that nobody was found, and shows everybody again', async () => {
    const scene = await list([contact('a', { name: '王小明' })])
    net.answers('contactsList', ({ query }) => ({ items: query.q ? [] : [contact('a', { name: '王小明' })], next: null }))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await write('姓名、拼音、邮箱或编号', '赵')
    await rest()
    expect(screen.getByText('没有找到“赵”')).toBeTruthy()
    await press(scene, '清除查找')
    expect(field('姓名、拼音、邮箱或编号').value).toBe('')
    await rest()
    expect(rows()).toHaveLength(1)
  })

  it('says what it is for where there is nobody yet', async () => {
    await list([])
    expect([screen.getByText('还没有客户'), screen.queryByRole('button', { name: '清除查找' })]).toEqual([expect.anything(), null])
  })

  it('reads on as somebody scrolls down, each page once', async () => {
    net.answers('contactsList', ({ query }) => (query.after ? { items: [contact('b', { name: '李' })], next: null } : { items: [contact('a', { name: '王' })], next: 'p2' }))
    await place(ContactsPage, {}, { path: '/contacts', lineOpen: false })
    const scroller = screen.getAllByRole('link').at(-1)?.closest('[style*="overflow-y"]') as HTMLElement
    for (const scrollTop of [10, 20]) {
      scroller.scrollTop = scrollTop
      await fireEvent.scroll(scroller)
    }
    await settled()
    expect(net.asked('contactsList').map(({ query }) => query.after)).toEqual(['', 'p2'])
    expect(rows()).toHaveLength(2)
  })

  it('opens one beside the list, marks it, and shows what was said before', async () => {
    const { user } = await list([contact('c1', { name: '王小明' })])
    await user.click(screen.getAllByRole('link').at(-1) as HTMLElement)
    await comesTo('/contacts/c1')
    await screen.findByText('没有更早的会话')
    expect(field('姓名').value).toBe('王小明')
    expect(screen.getAllByRole('link').find((link) => link.getAttribute('aria-current') === 'true')?.getAttribute('href')).toBe('/contacts/c1')
  })

  it('leads from somebody who has shown to be another customer to that one', async () => {
    await list([contact('c1', { name: '王小明' })], '/contacts/c9')
    await comesTo('/contacts/c1')
    await settled()
    expect(screen.getAllByRole('link').find((link) => link.getAttribute('aria-current') === 'true')?.getAttribute('href')).toBe('/contacts/c1')
  })

  it('fills a phone with the one opened, and leads back', async () => {
    screenIs(390)
    const { user } = await list([contact('c1', { name: '王小明' })], '/contacts/c1')
    expect(screen.queryByLabelText('姓名、拼音、邮箱或编号')).toBeNull()
    await user.click(screen.getByRole('link', { name: '客户' }))
    await settled()
    expect([where(), screen.getByLabelText('姓名、拼音、邮箱或编号'), screen.queryByText('选一位客户查看资料')]).toEqual(['/contacts', expect.anything(), null])
  })

  it('says why it cannot be read, and reads it when asked again', async () => {
    net.refuses('contactsList', problem(403, 'workspaces.not_permitted', '你没有这项操作的权限。'))
    const scene = await place(ContactsPage, {}, { path: '/contacts', lineOpen: false })
    expect(alerts()).toEqual([expect.stringContaining('你没有这项操作的权限')])
    net.answers('contactsList', { items: [contact('a', { name: '王小明' })], next: null })
    await press(scene, '重试')
    expect([alerts(), rows().length]).toEqual([[], 1])
  })
})
