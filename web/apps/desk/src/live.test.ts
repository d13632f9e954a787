import type { WorkspaceEvent } from '@kezhan/api'
import { expect, it, vi } from 'vitest'
import { dispatch, type Handlers } from './live'

const closed = { type: 'test_closed' } as unknown as WorkspaceEvent

it('gives an event to every feature that listens for it', () => {
  const [one, two, other] = [vi.fn(), vi.fn(), vi.fn()]
  dispatch(closed, [{ test_closed: one }, { test_closed: two, test_opened: other }] as unknown as Handlers[])
  expect(one).toHaveBeenCalledExactlyOnceWith(closed)
  expect(two).toHaveBeenCalledExactlyOnceWith(closed)
  expect(other).not.toHaveBeenCalled()
})

it('passes over an event of a newer server', () => {
  expect(() => dispatch({ type: 'never_heard_of' } as unknown as WorkspaceEvent)).not.toThrow()
})
