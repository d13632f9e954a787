import KzConfirm from '@kezhan/ui/KzConfirm.vue'
import KzCopy from '@kezhan/ui/KzCopy.vue'
import KzEmpty from '@kezhan/ui/KzEmpty.vue'
import KzFace from '@kezhan/ui/KzFace.vue'
import KzFault from '@kezhan/ui/KzFault.vue'
import KzField from '@kezhan/ui/KzField.vue'
import KzLate from '@kezhan/ui/KzLate.vue'
import KzRow from '@kezhan/ui/KzRow.vue'
import KzRows from '@kezhan/ui/KzRows.vue'
import KzSection from '@kezhan/ui/KzSection.vue'
import UInput from '@nuxt/ui/components/Input.vue'
import { screen, within } from '@testing-library/vue'
import { describe, expect, it, vi } from 'vitest'
import { h, nextTick, reactive, type Component } from 'vue'
import { beside, button, field, press } from './hands'
import { place, type Scene } from './stage'

const stand = (part: Component, props: Record<string, unknown> = {}, language: 'zh-CN' | 'en' = 'zh-CN'): Promise<Scene> => place(part, props, { lineOpen: false, language })
/** `part` with something in its slots, each a text or a drawing. */
const filled = (part: Component, slots: Record<string, () => unknown>): Component => (props: object) => h(part, props, slots as never)

describe('KzCopy', () => {
  it('copies its whole value and says so for a moment, to screen readers too', async () => {
    const { user } = await stand(KzCopy, { value: 'kzt_1 ', label: '令牌' })
    const copied = vi.spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await user.click(button('复制'))
    await nextTick()
    expect(copied).toHaveBeenCalledExactlyOnceWith('kzt_1 ')
    expect(screen.getAllByText('已复制')).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(2000)
    expect([screen.queryByText('已复制'), button('复制')]).toEqual([null, expect.anything()])
  })

  it.each([
    ['refuses', () => vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('not allowed'))],
    ['is not there', () => vi.spyOn(navigator, 'clipboard', 'get').mockReturnValue(undefined as never)],
  ])('marks the text for the reader’s own keys where the clipboard %s', async (_, closed) => {
    const scene = await stand(KzCopy, { value: 'kzt_1', label: '令牌' })
    closed()
    await press(scene, '复制')
    expect([getSelection()?.toString(), screen.queryByText('已复制')]).toEqual(['kzt_1', null])
  })

  it('lets a keyboard reach what is to be copied, under its name', async () => {
    await stand(KzCopy, { value: 'kzt_1', label: '令牌' })
    const code = screen.getByLabelText('令牌')
    expect([code.tabIndex, code.textContent]).toEqual([0, 'kzt_1'])
  })
})

describe('KzConfirm', () => {
  const heard = { onCancel: vi.fn(), onConfirm: vi.fn() }
  const ask = (more: Record<string, unknown> = {}): Promise<Scene> => {
    heard.onCancel.mockReset()
    heard.onConfirm.mockReset()
    return stand(KzConfirm, { open: true, title: '移除 茶铺？', text: '无法恢复。', act: '移除', ...heard, ...more })
  }

  it('names the thing and what happens, to screen readers too', async () => {
    await ask()
    const dialog = screen.getByRole('dialog', { name: '移除 茶铺？' })
    expect(document.getElementById(dialog.getAttribute('aria-describedby') ?? '')?.textContent).toBe('无法恢复。')
  })

  it.each([['移除', 0, 1], ['取消', 1, 0]])('%s: no %i times, yes %i times', async (name, no, yes) => {
    const scene = await ask()
    await press(scene, name)
    expect([heard.onCancel.mock.calls.length, heard.onConfirm.mock.calls.length]).toEqual([no, yes])
  })

  it('takes Escape for no', async () => {
    const { user } = await ask()
    await user.keyboard('{Escape}')
    expect([heard.onCancel.mock.calls.length, heard.onConfirm.mock.calls.length]).toEqual([1, 0])
  })

  it('cannot be answered twice while it is under way', async () => {
    const scene = await ask({ busy: true })
    await press(scene, '移除')
    expect(heard.onConfirm).not.toHaveBeenCalled()
  })

  it('shows nothing while it is closed', async () => {
    await ask({ open: false })
    expect(screen.queryByRole('dialog')).toBeNull()
  })
})

describe('KzField', () => {
  const input = { default: () => h('input') }

  it('lets the fault take the place of the help', async () => {
    const props = reactive<Record<string, unknown>>({ label: '名称', help: '写明用途。' })
    await stand(filled(KzField, { default: () => h(UInput) }), props)
    expect([screen.getByText('写明用途。'), beside('名称')]).toEqual([expect.anything(), ''])
    props.fault = '太长了。'
    await nextTick()
    expect([screen.queryByText('写明用途。'), beside('名称')]).toEqual([null, '太长了。'])
    props.fault = ''
    await nextTick()
    expect([screen.getByText('写明用途。'), beside('名称'), field('名称').getAttribute('aria-invalid')]).toEqual([expect.anything(), '', 'false'])
  })

  it('shows its label where it has nothing else to say', async () => {
    await stand(filled(KzField, input), { label: '名称' })
    expect(screen.getByText('名称')).toBeTruthy()
  })
})

describe('what stands where a list will be', () => {
  it.each(['zh-CN', 'en'] as const)('says so after a moment, not before (%s)', async (language) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await stand(KzRows, { count: 3 }, language)
    await vi.advanceTimersByTimeAsync(199)
    expect(document.querySelector('[aria-busy]')).toBeNull()
    await vi.advanceTimersByTimeAsync(1)
    expect(document.querySelector('[aria-busy="true"]')?.textContent?.trim()).toBe(language === 'en' ? 'Loading' : '正在读取')
    expect(document.querySelectorAll('[aria-busy] [aria-hidden="true"]')).toHaveLength(3)
  })

  it('never shows where the answer was quicker', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const scene = await stand(filled(KzLate, { default: () => '…' }))
    const waiting = vi.getTimerCount()
    scene.unmount()
    expect(vi.getTimerCount()).toBeLessThan(waiting)
  })

  it('tells a fault at once and offers to try again, once per press', async () => {
    const onRetry = vi.fn()
    const scene = await stand(KzFault, { text: '系统正忙。', onRetry })
    expect(within(screen.getByRole('alert')).getByText('系统正忙。')).toBeTruthy()
    await press(scene, '重试')
    expect(onRetry).toHaveBeenCalledOnce()
  })

  it('says what an empty list is for, with something to do where there is anything', async () => {
    const scene = await stand(filled(KzEmpty, { default: () => h('button', '新建') }), { icon: 'i-lucide-list', title: '还没有小组', text: '按业务分组。' })
    expect([screen.getByText('还没有小组'), screen.getByText('按业务分组。'), button('新建')]).toHaveLength(3)
    scene.unmount()
    await stand(KzEmpty, { icon: 'i-lucide-list', title: '还没有小组' })
    expect(screen.queryByRole('button')).toBeNull()
  })
})

describe('rows, sections and faces', () => {
  it('tell the whole of a name that is cut, or more than the name', async () => {
    const scene = await stand(filled(KzRow, { default: () => '最近使用', act: () => h('button', '结束') }), { title: 'Chrome · Windows', hint: 'Mozilla/5.0' })
    const row = screen.getByRole('listitem')
    expect([within(row).getByTitle('Mozilla/5.0').textContent, within(row).getByText('最近使用'), within(row).getByRole('button')]).toEqual([
      'Chrome · Windows', expect.anything(), expect.anything(),
    ])
    scene.unmount()
    await stand(KzRow, { title: 'a@b.example' })
    expect(screen.getByTitle('a@b.example')).toBeTruthy()
  })

  it('head what they hold, with what can be done', async () => {
    await stand(filled(KzSection, { default: () => '内容', act: () => h('button', '邀请') }), { title: '成员', text: '能登录的人。' })
    expect([screen.getByRole('heading', { level: 2, name: '成员' }), screen.getByText('能登录的人。'), button('邀请'), screen.getByText('内容')]).toHaveLength(4)
  })

  it.each([['李小龙', '龙'], ['Ada Lovelace', 'AL'], ['', '']])('stand for %s by %s, and are passed over by screen readers: the name stands beside', async (name, letters) => {
    await stand(KzFace, { id: 'x', name })
    const face = document.querySelector('span[aria-hidden="true"]')
    expect([face?.textContent?.trim(), face?.querySelector('svg') !== null]).toEqual([letters, letters === ''])
  })
})
