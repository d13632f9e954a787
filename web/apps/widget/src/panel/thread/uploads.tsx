import { Refused, upload } from '@kezhan/client'
import { Fragment, h } from 'preact'
import type { Chat } from '../chat'
import { Icon } from '../Icon'
import type { Line } from './timeline'
import { t } from '../words'
import { boxOf, sizeOf } from './Attachment'

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
  local.part = 0
  local.fault = local.size > MEGABYTES * 1024 * 1024 ? t('widget_thread.tooLarge', { megabytes: MEGABYTES }) : ''
  chat.changed()
  if (local.fault) return
  try {
    const file = await upload(chat.client, local.file, local.name, (part) => {
      local.part = part
      chat.changed()
    })
    const client_id = chat.client.say({ kind: file.thumbnail ? 'image' : 'file', file_id: file.id })
    if (client_id) sent.set(client_id, local)
    drop(local)
  } catch (why) {
    local.fault = (why instanceof Refused && why.message) || t('widget_thread.uploadFailed')
  }
  chat.changed()
}

function drop(local: Local): void {
  uploads.splice(uploads.indexOf(local), 1)
}

/** Uploads and sends, in the order given, one message for each. */
export async function sendFiles(chat: Chat, files: Iterable<File>): Promise<void> {
  const added: Local[] = []
  for (const file of files) {
    const local: Local = {
      id: ++count, file, name: file.name || t('widget_thread.image'), size: file.size, url: undefined,
      width: undefined, height: undefined, part: 0, fault: '',
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
      {uploads.map((local) => (
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
              {!local.fault && <progress max={1} value={local.part} aria-label={t('widget_thread.uploading', { percent: Math.round(local.part * 100) })} />}
            </div>
          </div>
          <p class={`foot ${local.fault ? 'failed' : ''}`}>
            <span>{local.fault || t('widget_thread.uploading', { percent: Math.round(local.part * 100) })}</span>
            {local.fault && (
              <>
                <button type="button" class="text" onClick={() => void go(chat, local)}>{t('widget_thread.retry')}</button>
                <button type="button" class="text" onClick={() => (drop(local), chat.changed())}>{t('widget_thread.discard')}</button>
              </>
            )}
          </p>
        </article>
      ))}
    </>
  )
}
