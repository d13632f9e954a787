import { onBeforeUnmount } from 'vue'
import { line } from './socket'

const followed: string[] = []

/** Says to the server which live lists are on the screen; to be said again on every new line. */
export function resumeFollowing(): void {
  if (followed.length) tell()
}

const tell = (): boolean => line.send({ type: 'follow', topics: [...new Set(followed)] })

/** Hears `stale` of a list for as long as the calling component lives. */
export function useFollowing(topic: string): void {
  followed.push(topic)
  tell()
  onBeforeUnmount(() => {
    followed.splice(followed.indexOf(topic), 1)
    tell()
  })
}
