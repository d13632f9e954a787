/** The conversation itself: everything the panel shows beyond its first look, in one chunk. */
import './thread.css'
import './words'

export { begin } from './begin'
export { reword } from './Menu'
export { Messages } from './Messages'
export { Notice } from './Notice'
export { Subject } from './Subject'
export { Tools } from './Tools'
