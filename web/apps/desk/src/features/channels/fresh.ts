/** A secret just made, on its way from the form to the page that shows it this once. It is kept nowhere else. */
const made = new Map<string, string>()

export const keepFresh = (channelId: string, secret: string): void => void made.set(channelId, secret)

export function takeFresh(channelId: string): string {
  const secret = made.get(channelId) ?? ''
  made.delete(channelId)
  return secret
}
