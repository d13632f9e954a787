/** Where a client keeps its token and what is not yet acknowledged. Values are text; null removes. */
export interface Store {
  get(key: string): string | null
  put(key: string, value: string | null): void
  keys(): string[]
}

/** Holds for the life of the page only. */
export function memoryStore(values: Record<string, string> = {}): Store {
  return {
    get: (key) => values[key] ?? null,
    put: (key, value) => {
      if (value === null) delete values[key]
      else values[key] = value
    },
    keys: () => Object.keys(values),
  }
}

/** Keys of `localStorage` under a prefix; memory where the browser refuses. */
export function localStore(prefix: string): Store {
  try {
    const kept = localStorage
    kept.getItem('')
    return {
      get: (key) => kept.getItem(prefix + key),
      put: (key, value) => {
        try {
          if (value === null) kept.removeItem(prefix + key)
          else kept.setItem(prefix + key, value)
        } catch {
          // A full storage loses what a reload would have restored, and nothing else.
        }
      },
      keys: () => Object.keys(kept).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length)),
    }
  } catch {
    return memoryStore()
  }
}
