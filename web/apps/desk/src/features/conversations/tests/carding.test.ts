import { fireEvent, screen, waitFor, within } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { net, settled, type Scene } from '../../../tests/stage'
import { openComposer } from './scene'

async function choose({ user }: Scene, act: string): Promise<void> {
  await user.click(screen.getByRole('button', { name: '添加到回复' }))
  await settled()
  await user.click(screen.getByRole('menuitem', { name: act, hidden: true }))
}

const dialogOf = (name: string): Promise<HTMLElement> => waitFor(() => screen.getByRole('dialog', { name }))
const cards = (): unknown[] => net.saidOf('send').map(({ card, buttons }) => ({ card, buttons }))

describe('the composer’s plus', () => {
  it('sends a place once it is one, coordinates pasted whole', async () => {
    const scene = await openComposer()
    await choose(scene, '发送位置')
    const dialog = within(await dialogOf('发送位置'))
    await fireEvent.update(dialog.getByLabelText('名称'), '松下客栈')
    await scene.user.click(dialog.getByRole('button', { name: '发送' }))
    expect(dialog.getByText('请填 -90 到 90 之间的度数。')).toBeTruthy()
    expect(cards()).toEqual([])
    await scene.user.click(dialog.getByLabelText('经度'))
    await scene.user.paste('121.47, 31.23')
    await scene.user.click(dialog.getByRole('button', { name: '发送' }))
    expect(cards()).toEqual([{ card: { is: 'place', title: '松下客栈', address: '', latitude: 31.23, longitude: 121.47 }, buttons: [] }])
  })

  it('sends a contact card', async () => {
    const scene = await openComposer({ props: { phone: true } })
    await choose(scene, '发送名片')
    const dialog = within(await dialogOf('发送名片'))
    await fireEvent.update(dialog.getByLabelText('姓名'), '林晚晴')
    await fireEvent.update(dialog.getByLabelText('电话'), '110')
    await scene.user.click(dialog.getByRole('button', { name: '发送' }))
    expect(cards()).toEqual([{ card: { is: 'person', title: '林晚晴', phone: '110' }, buttons: [] }])
  })
})
