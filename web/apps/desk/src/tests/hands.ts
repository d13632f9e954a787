import { fireEvent, screen } from '@testing-library/vue'
import { expect } from 'vitest'
import { router } from '../router'
import { settled, soon, type Problem, type Scene } from './stage'

// What a person does and sees, in few words. Nothing here waits for a time.

export const problem = (status: number, code: string, title: string, more: Partial<Problem> = {}): Problem => ({ status, code, title, ...more })

/** The address the desk stands at. */
export const where = (): string => router.currentRoute.value.fullPath

/** The desk comes to stand at `path`; a page's first visit loads its parts. */
export const comesTo = (path: string): Promise<void> => soon(() => expect(where()).toBe(path))

export const field = (label: string | RegExp): HTMLInputElement => screen.getByLabelText(label)

/** Puts `text` into the field at once, in place of what is there. */
export async function write(label: string | RegExp, text: string): Promise<void> {
  await fireEvent.update(field(label), text)
}

export const button = (name: string | RegExp): HTMLButtonElement => screen.getByRole('button', { name })

/** Presses the button and lets the answer come. */
export async function press({ user }: Scene, name: string | RegExp): Promise<void> {
  await user.click(button(name))
  await settled()
}

/** What stands beside a field at fault, and is read out with it; empty where nothing is wrong with it. */
export function beside(label: string | RegExp): string {
  const ids = (field(label).getAttribute('aria-describedby') ?? '').split(' ')
  const told = ids.map((id) => document.getElementById(id)?.textContent ?? '').join('')
  return field(label).getAttribute('aria-invalid') === 'true' ? told : ''
}

/** The sentences of the page's alerts, in order; what floats above it for a moment is found by its text. */
export const alerts = (): string[] =>
  screen.queryAllByRole('alert').map((alert) => alert.textContent).filter((text) => !text.startsWith('Notification'))

/** Chooses `name` in the drop-down called `label`. */
export async function choose({ user }: Scene, label: string | RegExp, name: string): Promise<void> {
  await user.click(screen.getByLabelText(label, { selector: 'button' }))
  await user.click(await screen.findByRole('option', { name }))
  await settled()
}
