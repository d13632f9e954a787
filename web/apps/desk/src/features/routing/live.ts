import type { Handlers } from '../../live'
import { queriesOf } from '../../shell/queries'
import { useSession } from '../workspaces'
import { RECEPTION } from './api'
import { useGiven } from './given'
import { useOffers } from './offers'
import { useSeat } from './seat'

/** What a frame does to the own seat, to offers, and to what is shown of the others'. */
export const receptionHandlers: Handlers = {
  listed: (frame) => useGiven().onListed(frame),
  seat: (frame) => useSeat().onSeat(frame),
  offer: (frame) => useOffers().onOffer(frame),
  offer_over: (frame) => useOffers().onOver(frame),
  stale: ({ topic }) => {
    if (topic === RECEPTION) void queriesOf()?.invalidateQueries({ queryKey: [RECEPTION] })
  },
}

/** The line is open (again): how the seat stands, and what is offered. */
export async function resumeReception(): Promise<void> {
  const seat = useSeat()
  await seat.load()
  if (useSession().may('conversation.reply')) await useOffers().load()
}

export function forgetReception(): void {
  useSeat().forget()
  useOffers().forget()
  useGiven().forget()
}
