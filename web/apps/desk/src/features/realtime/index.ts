export { resumeFollowing, useFollowing } from './follow'
export { line, type LineState } from './socket'
