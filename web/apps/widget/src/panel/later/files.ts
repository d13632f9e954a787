/** Files in the conversation, shown, chosen, under way; surveys in it. */
import './files.css'

export { Attached } from './Attached'
export { sendFiles, Uploads } from './uploads'
