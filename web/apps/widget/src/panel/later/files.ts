/** Files in the conversation: shown, chosen, under way. */
import './files.css'

export { Attachment } from './Attachment'
export { sendFiles, Uploads } from './uploads'
