import type { DraftView, Me, Message, Snapshot } from '@kezhan/api'
import { h, type FunctionalComponent } from 'vue'
import { me, net, place, settled, type Asked, type Scene } from '../../../tests/stage'
import { useOutbox, useThreads } from '..'
import MessageList from '../components/MessageList.vue'
import ThreadComposer from '../components/ThreadComposer.vue'
import ThreadView from '../components/ThreadView.vue'
import type { NoteMore } from '../named'
import { message, snapshot } from './fixtures'

/** The server keeps a draft: that is one version more. */
export const keeps = ({ body: { body, note = false, version } }: Asked<'conversationsPutDraft'>): DraftView => ({ body, note, version: (version ?? 0) + 1, kept: true })

interface Setting {
  snapshot?: Partial<Snapshot>
  me?: Partial<Me>
  props?: Record<string, unknown>
  lineOpen?: boolean
  path?: string
  language?: 'zh-CN' | 'en'
}

/** The conversation c1, wide open: header, messages, composer. */
export async function openThread(messages: Message[], { snapshot: more, me: who, props, ...rest }: Setting = {}): Promise<Scene> {
  net.answers('workspacesGetMe', me(who))
  net.answersIfSilent('conversationsGet', snapshot(messages, more))
  net.answersIfSilent('conversationsPutDraft', keeps)
  const scene = await place(ThreadView, { id: 'c1', list: 'mine', phone: false, sideOpen: false, ...props }, rest)
  void useThreads().watch('c1')
  await settled()
  return scene
}

/** Only its messages; `props` may hear `onAct` and `onView`. */
export async function openMessages(messages: Message[], { snapshot: more, me: who, props, ...rest }: Setting = {}): Promise<Scene> {
  net.answers('workspacesGetMe', me(who))
  net.answersIfSilent('conversationsGet', snapshot(messages, more))
  const list: FunctionalComponent = () => {
    const open = useThreads().watched
    return open?.thread ? h(MessageList, { open, ...props }) : null
  }
  const scene = await place(list, {}, rest)
  void useThreads().watch('c1')
  await settled()
  return scene
}

/** Only the composer, sending as the thread does. */
export async function openComposer({ snapshot: more, props, ...rest }: Setting = {}): Promise<Scene> {
  net.answersIfSilent('conversationsGet', snapshot([message(1)], more))
  net.answersIfSilent('conversationsPutDraft', keeps)
  const say = (kind: 'text' | 'note', body: string, more: NoteMore): void => useOutbox().say('c1', kind, body, undefined, more)
  const composer: FunctionalComponent = () => {
    const open = useThreads().watched
    return open?.thread ? h(ThreadComposer, { open, phone: false, editing: null, quoting: null, onSay: say, ...props }) : null
  }
  const scene = await place(composer, {}, rest)
  void useThreads().watch('c1')
  await settled()
  return scene
}
