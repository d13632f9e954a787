import type { FileLinked } from '@kezhan/api'
import { faultOf, ownHeaders } from '../../call'
import { i18n } from '../../i18n'

/** Brings one file to the server; `onProgress` hears parts of one. Throws Fault; aborting `signal` ends it. */
export function upload(file: File, onProgress: (part: number) => void, signal: AbortSignal): Promise<FileLinked> {
  return new Promise((resolve, reject) => {
    // fetch cannot tell how far an upload has come.
    const request = new XMLHttpRequest()
    request.open('POST', '/api/files')
    request.responseType = 'json'
    request.setRequestHeader('Accept-Language', i18n.global.locale.value)
    for (const [name, value] of Object.entries(ownHeaders())) request.setRequestHeader(name, value)
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0)
    request.onerror = () => reject(faultOf(null, 0))
    request.onabort = () => reject(faultOf({ code: 'desk.aborted' }, 0))
    request.onload = () => {
      if (request.status < 300) resolve(request.response as FileLinked)
      else reject(faultOf(request.response, request.status))
    }
    signal.addEventListener('abort', () => request.abort())
    const body = new FormData()
    body.append('file', file)
    request.send(body)
  })
}

/** Width and height of a picture in pixels, null where the browser cannot show it. */
export async function pictureSize(address: string): Promise<{ width: number; height: number } | null> {
  const picture = new Image()
  picture.src = address
  try {
    await picture.decode()
    return { width: picture.naturalWidth, height: picture.naturalHeight }
  } catch {
    return null
  }
}
