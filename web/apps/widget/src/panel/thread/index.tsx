/** The conversation: everything to read it and to write a message, in one chunk that comes with the first opening. */
import './words'
import { h, render } from 'preact'
import type { Chat } from '../chat'
import { Panel } from './Panel'
import { talk } from './talk'

export { begin } from './begin'

let begun = false

export function draw(chat: Chat): void {
  const { body } = document
  // What stood here while this was on its way.
  if (!begun) body.textContent = ''
  begun = true
  render(<Panel chat={chat} />, body)
  if (!chat.eager) return
  chat.eager = false
  talk.field?.focus()
}
