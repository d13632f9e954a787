const PINE = '%231d6b4b'
const TREE = "<path d='M16 6 7 15h4l-4 6h7v5h4v-5h7l-4-6h4z' fill='white'/>"
const DOT = "<circle cx='25' cy='7' r='7' fill='%23c5362b'/>"
const marked = `data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><rect width='32' height='32' rx='7' fill='${PINE}'/>${TREE}${DOT}</svg>`
let plain = ''

/** How many messages are unread: a number at the app's icon, a dot at the tab's. */
export function showBadge(count: number): void {
  const told = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.()
  void told?.catch(() => undefined)
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  if (!link) return
  plain ||= link.href
  const wanted = count > 0 ? marked : plain
  if (link.href !== wanted) link.href = wanted
}
