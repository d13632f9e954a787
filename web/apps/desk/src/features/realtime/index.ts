export { line, type LineState } from './socket'
