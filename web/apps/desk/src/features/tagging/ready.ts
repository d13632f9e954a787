import type { Filter } from '@kezhan/api'
import type { Cause } from './causes'

/** Rules to begin with; what they and their tags are called, and the words of customers, stand in the words of the page. */
export const ready = ['frequent', 'unhappy', 'complaint'] as const
export type Ready = (typeof ready)[number]

const everybody: Filter = { v: 1, join: 'all', groups: [] }
const often: Filter = { v: 1, join: 'all', groups: [{ join: 'all', conditions: [{ is: 'between', field: 'conversations', least: 5, most: null }] }] }

export const causeOf = (name: Ready, words: string[]): Cause =>
  name === 'complaint' ? { is: 'wrote', words } : name === 'unhappy' ? { is: 'rated', scale: 'csat', least: null, most: 2 } : { is: 'closed' }
export const filterOf = (name: Ready): Filter => structuredClone(name === 'frequent' ? often : everybody)
