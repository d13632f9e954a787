import { expectTypeOf, it } from 'vitest'
import type * as wire from '../../../api/src/generated/types.gen.ts'
import type * as own from '../types.ts'

/** Of these the server may say less than their type does: a customer is sent no notes, who got a copy is told of mails
 * alone, and a bubble is left or right. */
type Loose<T> = Omit<T, 'kind' | 'payload' | 'position' | 'messages' | 'head' | 'site' | 'ref'>

it('reads everything the server may send', () => {
  expectTypeOf<Loose<wire.Message>>().toExtend<Loose<own.Message>>()
  expectTypeOf<Exclude<NonNullable<wire.Message['payload']>, wire.NotePayload | wire.TranslatedPayload | wire.CopiedPayload>>().toExtend<NonNullable<own.Message['payload']>>()
  expectTypeOf<Exclude<wire.Kind, 'note'>>().toExtend<own.Message['kind']>()
  expectTypeOf<Loose<wire.VisitorSnapshot>>().toExtend<Loose<own.Snapshot>>()
  expectTypeOf<Loose<wire.VisitorChanged>>().toExtend<Loose<own.Changed>>()
  expectTypeOf<wire.VisitorHead>().toExtend<own.Head>()
  expectTypeOf<Loose<wire.SessionOut>>().toExtend<Loose<own.Session>>()
  expectTypeOf<Loose<wire.SiteConfig>>().toExtend<Loose<own.SiteConfig>>()
  expectTypeOf<wire.FileLinked>().toExtend<own.FileLinked>()
  expectTypeOf<wire.TypingSeen>().toExtend<own.Typing>()
  expectTypeOf<Omit<wire.PlaceFrame, 'wait'>>().toExtend<Omit<own.Place, 'wait'>>()
  expectTypeOf<Omit<Required<wire.Outlook>, 'wait'>>().toExtend<Omit<own.Outlook, 'wait'>>()
  expectTypeOf<Omit<wire.AskedConsent, 'language'>>().toExtend<Omit<own.Consent, 'language'>>()
  expectTypeOf<wire.AskedSurvey>().toExtend<own.Survey>()
  expectTypeOf<Loose<wire.Refusal>>().toExtend<Loose<own.Refusal>>()
})

it('sends nothing the server does not take', () => {
  expectTypeOf<own.SurveyAnswer>().toExtend<wire.SurveyAnswerForm>()
  expectTypeOf<own.Callback>().toExtend<wire.CallbackIn>()
  expectTypeOf<own.Draft & { type: 'send'; client_id: string }>().toExtend<wire.Send>()
})
