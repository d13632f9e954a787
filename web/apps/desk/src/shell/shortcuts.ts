import { onBeforeUnmount, shallowReactive } from 'vue'
import type { Keys } from './keys'

const layers = shallowReactive<Keys[]>([])

/** The bindings of the screens that are open, the topmost last. */
export const bindings = (): Keys => Object.assign({}, ...layers) as Keys

/** Adds `keys` while the calling component lives. */
export function useKeys(keys: Keys): void {
  layers.push(keys)
  onBeforeUnmount(() => layers.splice(layers.indexOf(keys), 1))
}
