import type { Handlers } from '../../live'
import { usePersonal } from './personal'

export const deviceHandlers: Handlers = { personal: ({ rev }) => usePersonal().onPersonal(rev) }
