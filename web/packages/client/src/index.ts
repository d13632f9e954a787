export {
  answer, answerSurvey, callBack, consent, consents, conversations, edit, fileAddress, leaveQueue, linkCards, met, offer, older, outlook, place, react, recall,
  sendCard, survey, tap, upload, waitAgain, withdrawConsent,
} from './calls.ts'
export { type Events, KezhanClient, type Options, Refused } from './client.ts'
export { newId } from './id.ts'
export { type Link, type Listener, openSocket } from './links.ts'
export { Outbox, OUTBOX_CAP, type Pending } from './outbox.ts'
export { localStore, memoryStore, type Store } from './store.ts'
export { Thread } from './thread.ts'
export * from './types.ts'
