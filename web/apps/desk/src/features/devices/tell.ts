import type { News } from './index'
import { usePersonal } from './personal'
import { hasPush, registered } from './worker'
import { play } from './sounds'
import { anyInSight, isVoice } from './voice'
import { i18n } from '../../i18n'
import { router } from '../../router'

/** By sound, from one tab of all; beside the page where none of them is in sight and no push does it already. */
export async function tell(news: News): Promise<void> {
  const { settings, quietUntil } = usePersonal()
  if (!settings || quietUntil) return
  if (!settings.muted && settings.sound?.[news.kind] && isVoice()) void play(news.kind, settings.volume ?? 0)
  if (!settings.notify || !settings.push?.[news.kind] || typeof Notification === 'undefined' || Notification.permission !== 'granted') return
  if ((await anyInSight()) || (await hasPush())) return
  await show(settings.push_text === 'hint' ? { ...news, ...veiled(news) } : news)
}

function veiled({ kind }: News): { title: string; body: string } {
  // messages: devices.push.*
  return { title: i18n.global.t('desk.name'), body: i18n.global.t(`devices.push.${kind}`) }
}

async function show({ title, body, tag, path }: News): Promise<void> {
  const registration = await registered()
  if (registration) return registration.showNotification(title, { body, tag, data: { path } })
  const notification = new Notification(title, { body, tag })
  notification.onclick = () => {
    focus()
    void router.push(path)
    notification.close()
  }
}

/** What has been seen needs no notification any more. */
export async function unsay(tag: string): Promise<void> {
  const registration = await registered()
  const shown = (await registration?.getNotifications?.({ tag })) ?? []
  shown.forEach((one) => one.close())
}
