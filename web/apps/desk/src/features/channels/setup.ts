import type { ChannelKind } from '@kezhan/api'

export const setupSteps = ['form', 'door', 'test', 'done'] as const
export type SetupStep = (typeof setupSteps)[number]

/** The way from a kind to a working channel. What cannot be tried is not. */
export const stepsOf = ({ testable }: Pick<ChannelKind, 'testable'>): SetupStep[] => setupSteps.filter((step) => step !== 'test' || testable)
