/** What few customers need, in one file of its own. */
export { pass } from './puzzle.ts'
export { openStream } from './stream.ts'
