import { memoryStore, type Page, type Store } from '@kezhan/client'

/** What the loader says to the panel. */
export type FromHost =
  | { kezhan: 'hello'; kept: Record<string, string>; page: Page; open: boolean; full: boolean }
  | { kezhan: 'open'; open: boolean; full: boolean }
  | { kezhan: 'near' }
  | { kezhan: 'page'; page: Page }
  | { kezhan: 'do'; name: string; value: unknown }

/** What the panel says to the loader. The bubble's looks and words come from here, so the loader carries none. */
export type ToHost =
  | { kezhan: 'ready' }
  /** `card`: closed but for a card, which lies over the page as this style sheet says; `open`: opened instead. */
  | { kezhan: 'close'; card?: string; open?: boolean }
  | { kezhan: 'keep'; key: string; value: string | null }
  | { kezhan: 'look'; look: Look }
  | { kezhan: 'unread'; count: number; text: string; label: string }

export interface Look {
  accent: string
  ink: string
  left: boolean
  launcher: boolean
  open: string
  close: string
  title: string
}

export type Tell = (message: ToHost) => void

/** The line to the page around us: only it is heard, only it can read what is said. */
export function bridge(origin: string, hear: (message: FromHost) => void): Tell {
  addEventListener('message', (event) => {
    if (event.source === parent && event.origin === origin && event.data?.kezhan) hear(event.data as FromHost)
  })
  return (message) => parent.postMessage(message, origin)
}

/** Storage of the host page, because a browser may keep ours from us inside a foreign page. */
export function hostStore(values: Record<string, string>, tell: Tell): Store {
  const store = memoryStore(values)
  return {
    ...store,
    put: (key, value) => {
      store.put(key, value)
      tell({ kezhan: 'keep', key, value })
    },
  }
}
