export {
  answer, callBack, conversations, edit, fileAddress, leaveQueue, met, offer, older, outlook, place, recall, upload, waitAgain,
} from './calls.ts'
export { type Events, KezhanClient, type Options, Refused } from './client.ts'
export { type Link, type Listener, openSocket } from './links.ts'
export { Outbox, OUTBOX_CAP, type Pending } from './outbox.ts'
export { localStore, memoryStore, type Store } from './store.ts'
export { Thread } from './thread.ts'
export * from './types.ts'
