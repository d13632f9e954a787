import type { TranslationSettings } from '@kezhan/api'
import { fireEvent, screen } from '@testing-library/vue'
import { describe, expect, it } from 'vitest'
import { alerts, press, problem, write } from '../../../tests/hands'
import { agentMay, me, net, settled, soon, visit, type Scene } from '../../../tests/stage'
import { message } from '../../conversations/tests/fixtures'
import { openThread } from '../../conversations/tests/scene'

const standing = (on: boolean) => ({ available: true, on, language: 'zh-CN' as const, customer_language: 'de' as const })
const said = [message(1, { body: 'Guten Tag' }), message(2, { body: 'Wo ist mein Paket?' }), message(3, { body: '123' })]

async function talk(on: boolean): Promise<Scene> {
  net.answers('translationStanding', standing(on))
  net.answers('translationMessages', ({ body }) => ({
    items: (body as { seqs: number[] }).seqs.map((seq) => (seq === 2 ? { seq, text: '', fault: 'translate.busy' } : { seq, text: seq === 1 ? '您好' : '', fault: '' })),
  }))
  const scene = await openThread(said)
  await settled()
  return scene
}

describe('a conversation in translation', () => {
  it('is switched on by its reader; what comes stands under the original, asked for at once', async () => {
    const scene = await talk(false)
    expect(net.asked('translationMessages')).toEqual([])
    net.answers('translationChoose', null)
    await scene.user.click(screen.getByRole('switch', { name: '翻译这个会话' }))
    await soon(() => expect(screen.getByText('您好')).toBeTruthy())
    expect(net.asked('translationChoose')[0]!.body).toEqual({ language: 'zh-CN', customer_language: 'de' })
    expect(net.asked('translationMessages').map(({ body }) => (body as { seqs: number[] }).seqs)).toEqual([[1, 2, 3]])
    expect(screen.getByText('Guten Tag')).toBeTruthy()
    expect(screen.getByText(/翻译服务说请求太多/)).toBeTruthy()
    await scene.user.click(screen.getByRole('button', { name: '译文' }))
    expect(screen.queryByText('您好')).toBeNull()
    net.answers('translationMessages', { items: [{ seq: 2, text: '我的包裹呢？', fault: '' }] })
    await press(scene, '重试')
    await soon(() => expect(screen.getByText('我的包裹呢？')).toBeTruthy())
  })

  it('shows a reply before it goes out, to be mended, and sends both', async () => {
    const scene = await talk(true)
    net.answers('translationDraft', { text: 'Morgen da', language: 'de' })
    const field = (): HTMLTextAreaElement => screen.getAllByRole<HTMLTextAreaElement>('textbox').at(-1)!
    await scene.user.type(field(), '明天到{Enter}')
    await soon(() => expect(screen.getByLabelText<HTMLTextAreaElement>('客户会收到', { selector: 'textarea' }).value).toBe('Morgen da'))
    expect(net.saidOf('send')).toEqual([])
    await fireEvent.update(screen.getByLabelText('客户会收到', { selector: 'textarea' }), 'Morgen ist es da')
    await press(scene, '发送译文')
    expect(net.saidOf('send')).toMatchObject([{ body: 'Morgen ist es da', original: '明天到', kind: 'text' }])
    expect(field().value).toBe('')
    net.refuses('translationDraft', problem(429, 'translate.limit', '今天的翻译额度已用完'))
    await scene.user.type(field(), '谢谢{Enter}')
    await soon(() => expect(alerts()).toContain('今天的翻译额度已用完'))
    await press(scene, '发送原文')
    expect(net.saidOf('send')[1]).toMatchObject({ body: '谢谢' })
    expect(net.saidOf('send')[1]).not.toHaveProperty('original')
  })

  it('shows colleagues what a reply was translated from', async () => {
    net.answersIfSilent('translationStanding', standing(false))
    await openThread([message(1, { author: { kind: 'agent', id: 'm2', name: '老王' }, body: 'Morgen', payload: { is: 'translated', original: '明天' } })])
    await soon(() => expect(screen.getByText('明天')).toBeTruthy())
  })
})

describe('the service', () => {
  it('is named, tried and kept; a key that is there is not asked for again', async () => {
    net.answers('workspacesGetMe', me({ permissions: [...agentMay, 'workspace.manage'] }))
    const empty: TranslationSettings = { configured: false, enabled: false, kind: 'openai', address: '', model: '', has_key: false, daily_limit: 200_000, used: 0 }
    net.answers('translationSettings', empty)
    net.answers('linksSettings', { enabled: false })
    const scene = await visit('/settings/translation')
    await soon(() => expect(screen.getByText('还没有接入翻译服务')).toBeTruthy())
    await write(/^地址/, 'http://a/v1')
    await write(/^模型/, 'm')
    await write(/^密钥/, 'sk')
    net.refuses('translationTry', problem(502, 'translate.bad_key', '翻译服务不接受这个密钥'))
    await press(scene, '试一试')
    await soon(() => expect(alerts()).toContain('翻译服务不接受这个密钥'))
    net.answers('translationTry', { asked: 'Hello', text: '您好', milliseconds: 12 })
    await press(scene, '试一试')
    await soon(() => expect(screen.getByText('您好')).toBeTruthy())
    net.answers('translationPutSettings', empty)
    net.answers('translationSettings', { ...empty, configured: true, enabled: true, address: 'http://a/v1', model: 'm', has_key: true })
    await press(scene, '保存')
    expect(net.asked('translationPutSettings')[0]!.body).toMatchObject({ enabled: true, kind: 'openai', address: 'http://a/v1', model: 'm', key: 'sk' })
    await soon(() => expect(screen.getByPlaceholderText('已保存，不改就留空')).toBeTruthy())
    await press(scene, '保存')
    expect(net.asked('translationPutSettings')[1]!.body).toMatchObject({ key: null })
    net.answers('linksPutSettings', { enabled: true })
    await scene.user.click(screen.getByRole('switch', { name: '显示链接预览' }))
    await soon(() => expect(net.asked('linksPutSettings')[0]?.body).toEqual({ enabled: true }))
  })
})
