/** A category with what lies in it and below. */
export interface Branch {
  path: string
  name: string
  depth: number
  count: number
}

/** Every category that is named, and those they lie in, as they are drawn from top to bottom. */
export function treeOf(categories: readonly string[]): Branch[] {
  const counts = new Map<string, number>()
  for (const category of categories) {
    const names = category ? category.split('/') : []
    names.forEach((_, at) => {
      const path = names.slice(0, at + 1).join('/')
      counts.set(path, (counts.get(path) ?? 0) + 1)
    })
  }
  const ordered = [...counts.keys()].sort((a, b) => compare(a.split('/'), b.split('/')))
  return ordered.map((path) => {
    const names = path.split('/')
    return { path, name: names.at(-1) ?? '', depth: names.length - 1, count: counts.get(path) ?? 0 }
  })
}

function compare(a: string[], b: string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const order = (a[at] ?? '').localeCompare(b[at] ?? '', 'zh')
    if (order) return order
  }
  return a.length - b.length
}

/** Whether `category` is `path` or lies in it; everything lies in the empty one. */
export const isWithin = (category: string, path: string): boolean => !path || category === path || category.startsWith(`${path}/`)
