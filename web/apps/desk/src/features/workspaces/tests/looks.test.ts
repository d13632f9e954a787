import type { Tints, WorkspaceView } from '@kezhan/api'
import { fireEvent, screen } from '@testing-library/vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { dispatch } from '../../../live'
import { alerts, button, field, press, problem, write } from '../../../tests/hands'
import { me, net, place, settled, soon, type Scene } from '../../../tests/stage'
import { useSession } from '..'
import WorkspaceMark from '../components/WorkspaceMark.vue'
import { wear, wearAgain, worn } from '../looks'
import SignInPage from '../pages/SignInPage.vue'
import WorkspacePage from '../pages/WorkspacePage.vue'

const RED: Tints = { light: { accent: '#d6010f', soft: '#fde7e4' }, dark: { accent: '#ff5d50', soft: '#422521' } }
const BLUE: Tints = { light: { accent: '#1c5fa8', soft: '#e5eefb' }, dark: { accent: '#5698e5', soft: '#222d41' } }
const LOGO = '/f/logo/w1/f1'
const space = (more: Partial<WorkspaceView> = {}): WorkspaceView => ({ ...me().workspace, ...more })
const signedIn = (more: Partial<WorkspaceView> = {}): void => net.answers('workspacesGetMe', me({ permissions: ['workspace.manage', 'file.upload'], workspace: space(more) }))
const sheet = (): string => document.getElementById('kz.looks')?.textContent ?? ''
const page = (): Promise<Scene> => place(WorkspacePage, {}, { path: '/settings/workspace', lineOpen: false })
const figures = (): HTMLElement[] => ['浅色', '深色'].map((name) => screen.getByText(name).closest('figure')!)
const colours = (): string[] => figures().map((one) => one.style.getPropertyValue('--kz-pine'))
const picture = (name: string, type: string, size = 10): File => new File([new Uint8Array(size)], name, { type })

async function give(file: File): Promise<void> {
  const input = document.querySelector<HTMLInputElement>('input[type=file]')!
  Object.defineProperty(input, 'files', { value: [file], configurable: true })
  await fireEvent.change(input)
}

beforeEach(() => {
  wear(space())
  signedIn()
  net.answers('workspacesPreviewTints', RED)
})

describe('what is worn', () => {
  it('is written for both schemes, kept for the next time and taken off', () => {
    wear(space({ tints: RED, logo: LOGO }))
    expect(sheet()).toBe(':root,.light:not([data-own]){--kz-pine:#d6010f;--kz-pine-soft:#fde7e4}.dark:not([data-own]){--kz-pine:#ff5d50;--kz-pine-soft:#422521}')
    worn.value = null
    wearAgain()
    expect([worn.value, sheet()]).toEqual([{ name: '茶铺', logo: LOGO, tints: RED }, expect.stringContaining('#d6010f')])
    wear(space())
    wearAgain()
    expect([worn.value, sheet(), localStorage.getItem('kz.looks')]).toEqual([null, '', null])
  })

  it('is nothing where what was kept cannot be read', () => {
    localStorage.setItem('kz.looks', '{')
    wearAgain()
    expect([sheet(), localStorage.getItem('kz.looks')]).toEqual(['', null])
  })

  it('greets who comes back, under her workspace’s logo and name', async () => {
    signedIn({ logo: LOGO })
    await place(SignInPage, {}, { path: '/sign-in', lineOpen: false })
    expect(document.querySelector('header img')?.getAttribute('src')).toBe(LOGO)
    expect(screen.getByText('茶铺')).toBeTruthy()
  })
})

describe('the mark', () => {
  it('is the logo by the workspace’s name, and the house’s own where it cannot be read', async () => {
    await place(WorkspaceMark, { logo: LOGO, name: '茶铺' }, { lineOpen: false })
    await fireEvent.error(screen.getByRole('img', { name: '茶铺' }))
    expect(document.querySelector('img')).toBeNull()
  })
})

describe('the form', () => {
  it('shows a colour before it is saved, then everywhere', async () => {
    const scene = await page()
    expect([colours(), button('保存外观').disabled]).toEqual([['', ''], true])
    await press(scene, '红色')
    await soon(() => expect(colours()).toEqual(['#d6010f', '#ff5d50']))
    expect([net.asked('workspacesPreviewTints')[0]?.query, sheet(), screen.getByText(/不够清晰/)]).toEqual([{ accent: '#b3261e' }, '', expect.anything()])
    net.answers('workspacesEditWorkspace', space({ accent: '#b3261e', tints: RED }))
    await press(scene, '保存外观')
    expect(net.asked('workspacesEditWorkspace').map(({ body }) => body)).toEqual([{ accent: '#b3261e' }])
    expect([sheet(), screen.getByText('已保存'), button('保存外观').disabled]).toEqual([expect.stringContaining('#d6010f'), expect.anything(), true])
    expect(net.asked('filesSetLogo')).toEqual([])
  })

  it('takes back what was chosen, and goes back to the house’s own', async () => {
    signedIn({ accent: '#1c5fa8', tints: BLUE })
    const scene = await page()
    expect([field('颜色代码').value, colours()[0]]).toEqual(['#1c5fa8', '#1c5fa8'])
    await press(scene, '红色')
    await soon(() => expect(colours()[0]).toBe('#d6010f'))
    await press(scene, '撤销')
    expect([field('颜色代码').value, colours()[0], screen.queryByRole('button', { name: '撤销' })]).toEqual(['#1c5fa8', '#1c5fa8', null])
    await press(scene, '客栈松绿')
    await soon(() => expect(colours()).toEqual(['', '']))
    net.answers('workspacesEditWorkspace', space())
    await press(scene, '保存外观')
    expect([net.asked('workspacesEditWorkspace')[0]?.body, sheet()]).toEqual([{ accent: null }, ''])
  })

  it('keeps the picture as it was while a code is typed or cannot be shown', async () => {
    await page()
    await write('颜色代码', '#12')
    await write('颜色代码', '#123456')
    await soon(() => expect(colours()[0]).toBe('#d6010f'))
    net.breaks('workspacesPreviewTints')
    await write('颜色代码', '#654321')
    await soon(() => expect(net.asked('workspacesPreviewTints')).toHaveLength(2))
    expect([colours()[0], net.asked('workspacesPreviewTints')[0]?.query]).toEqual(['#d6010f', { accent: '#123456' }])
  })

  it('says beside the field why a colour was refused, and keeps it', async () => {
    const scene = await page()
    net.refuses('workspacesEditWorkspace', problem(400, 'kit.bad_input', '这不是颜色。', { field: 'accent' }))
    await press(scene, '红色')
    await press(scene, '保存外观')
    expect([alerts(), screen.getByText('这不是颜色。'), field('颜色代码').value, sheet()]).toEqual([[], expect.anything(), '#b3261e', ''])
  })

  it('saves once, however often it is pressed', async () => {
    const scene = await page()
    await press(scene, '红色')
    const tell = net.holds('workspacesEditWorkspace')
    await press(scene, '保存外观')
    await press(scene, '保存外观')
    tell(space({ accent: '#b3261e', tints: RED }))
    await settled()
    expect(net.asked('workspacesEditWorkspace')).toHaveLength(1)
  })

  it('brings a logo up, shows it, and makes it the workspace’s with the form', async () => {
    vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:1')
    const scene = await page()
    await give(picture('logo.png', 'image/png'))
    net.uploads[0]!.done({ id: 'f1', name: 'logo.png', media_type: 'image/png', size: 10, width: 8, height: 8, thumbnail: true, url: '/f/f1', thumbnail_url: '/f/f1?t=1', expires_at: '2026-11-23T08:00:00.000Z' })
    await settled()
    expect([screen.getAllByRole('img', { name: '茶铺' })[0]?.getAttribute('src'), net.asked('filesSetLogo')]).toEqual(['blob:1', []])
    net.answers('filesSetLogo', space({ logo: LOGO }))
    await press(scene, '保存外观')
    expect([net.asked('filesSetLogo')[0]?.body, useSession().me?.workspace.logo, net.asked('workspacesEditWorkspace')]).toEqual([{ file_id: 'f1' }, LOGO, []])
    expect(screen.getAllByRole('img', { name: '茶铺' })[0]?.getAttribute('src')).toBe(LOGO)
    await press(scene, '移除')
    net.answers('filesSetLogo', space())
    await press(scene, '保存外观')
    expect([net.asked('filesSetLogo')[1]?.body, screen.queryByRole('img', { name: '茶铺' })]).toEqual([{ file_id: null }, null])
  })

  it.each([
    [picture('logo.svg', 'image/svg+xml'), '请选择 PNG、JPEG 或 WebP 图片。'],
    [picture('logo.png', 'image/png', 1024 * 1024 + 1), '图片超过 1 MB，请换一张小一些的。'],
  ])('does not bring up what cannot be one (%#)', async (file, words) => {
    await page()
    await give(file)
    await settled()
    expect([net.uploads, screen.getByText(words)]).toEqual([[], expect.anything()])
  })

  it('follows what a colleague saves, but not over what is being changed', async () => {
    const scene = await page()
    net.answers('workspacesGetWorkspace', space({ accent: '#1c5fa8', tints: BLUE }))
    dispatch({ type: 'stale', topic: 'workspace' })
    await soon(() => expect(field('颜色代码').value).toBe('#1c5fa8'))
    expect(sheet()).toContain('#5698e5')
    await press(scene, '红色')
    net.answers('workspacesGetWorkspace', space())
    dispatch({ type: 'stale', topic: 'workspace' })
    await soon(() => expect(sheet()).toBe(''))
    expect(field('颜色代码').value).toBe('#b3261e')
    dispatch({ type: 'stale', topic: 'channels' })
    await settled()
    expect(net.asked('workspacesGetWorkspace')).toHaveLength(2)
  })
})
