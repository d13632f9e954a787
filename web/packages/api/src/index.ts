export * from './generated'
export * from './generated/events.gen'
export { client } from './generated/client.gen'
