import { linksList, linksPutSettings, linksSettings, type LinkCards, type LinkSettings } from '@kezhan/api'
import { take } from '../../call'

export const readSettings = (): Promise<LinkSettings> => take(linksSettings())

export const putSettings = (enabled: boolean): Promise<LinkSettings> => take(linksPutSettings({ body: { enabled } }))

export const readCards = (conversation_id: string, seq: number[]): Promise<LinkCards> =>
  take(linksList({ path: { conversation_id }, query: { seq } }))
