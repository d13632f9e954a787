import { Refused, upload } from '@kezhan/client'
import { Fragment, h } from 'preact'
import type { Chat } from '../chat'
import { Icon } from '../thread/Icon'
import type { Line } from '../thread/timeline'
import { t } from '../words'
import { boxOf, sizeOf } from './sizes'

/** A file of ours before and while the server has it. `url` shows a picture from this device. */
interface Local {
  id: number
  file: File
  name: string
  size: number
  url: string | undefined
  width: number | undefined
  height: number | undefined
  part: number
  fault: string
  under: AbortController
}

const MEGABYTES = 20
const uploads: Local[] = []
const sent = new Map<string, Local>()
let count = 0

/** What this device knows of a file it has just sent. */
export function previewOf({ key }: Line): Local | undefined {
  return sent.get(key)
}

async function measure(local: Local): Promise<void> {
  if (!/^image\/(png|jpeg|gif|webp)$/.test(local.file.type)) return
  const url = URL.createObjectURL(local.file)
  const image = new Image()
  image.src = url
  await image.decode().then(
    () => Object.assign(local, { url, width: image.naturalWidth, height: image.naturalHeight }),
    () => URL.revokeObjectURL(url),
  )
}

async function go(chat: Chat, local: Local): Promise<void> {
  if (!uploads.includes(local)) return
  local.part = 0
  local.fault = local.size > MEGABYTES * 1024 * 1024 ? t('widget_more.tooLarge', { megabytes: MEGABYTES }) : ''
  chat.changed()
  if (local.fault) return
  const onProgress = (part: number): void => {
    local.part = part
    chat.changed()
  }
  try {
    const file = await upload(chat.client, local.file, local.name, onProgress, local.under.signal)
    if (!uploads.includes(local)) return
    const client_id = chat.client.say({ kind: file.thumbnail ? 'image' : 'file', file_id: file.id })
    if (!client_id) throw new Refused('', t('widget_thread.full'))
    sent.set(client_id, local)
    drop(local)
  } catch (why) {
    local.fault = (why instanceof Refused && why.message) || t('widget_more.uploadFailed')
  }
  chat.changed()
}

function drop(local: Local): void {
  const at = uploads.indexOf(local)
  if (at >= 0) uploads.splice(at, 1)
}

/** Whether it is under way, waits for its turn or has failed: it is gone, and is not sent. */
function cancel(chat: Chat, local: Local): void {
  drop(local)
  local.under.abort()
  if (local.url) URL.revokeObjectURL(local.url)
  chat.changed()
}

/** Uploads and sends, in the order given, one message for each. */
export async function sendFiles(chat: Chat, files: Iterable<File>): Promise<void> {
  const added: Local[] = []
  for (const file of files) {
    const local: Local = {
      id: ++count, file, name: file.name || t('widget_thread.image'), size: file.size, url: undefined,
      width: undefined, height: undefined, part: 0, fault: '', under: new AbortController(),
    }
    added.push(local)
    await measure(local)
    uploads.push(local)
  }
  for (const local of added) await go(chat, local)
}

export function Uploads({ chat }: { chat: Chat }) {
  return (
    <>
      {uploads.map((local) => {
        const told = t('widget_more.uploading', { percent: Math.round(local.part * 100) })
        return (
          <article key={local.id} class="line mine first">
            <div class="side">
              <div class="bubble file">
                {local.url ? (
                  <span class="picture" style={boxOf(local.width!, local.height!)}><img src={local.url} alt={local.name} /></span>
                ) : (
                  <span class="document">
                    <Icon path="M7 3h7l4 4v14H7zM14 3v4h4" />
                    <span><b>{local.name}</b><small>{sizeOf(local.size)}</small></span>
                  </span>
                )}
                {!local.fault && <progress max={1} value={local.part} aria-label={told} />}
              </div>
            </div>
            <p class={`foot ${local.fault ? 'failed' : ''}`}>
              <span>{local.fault || told}</span>
              {local.fault && <button class="text" onClick={() => void go(chat, local)}>{t('widget_thread.retry')}</button>}
              <button class="text" onClick={() => cancel(chat, local)}>{t(local.fault ? 'widget_thread.discard' : 'widget_more.cancel')}</button>
            </p>
          </article>
        )
      })}
    </>
  )
}
