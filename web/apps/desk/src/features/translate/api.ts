import {
  translationChoose,
  translationDraft,
  translationEnd,
  translationMessages,
  translationPutSettings,
  translationSettings,
  translationStanding,
  translationTry,
  type DraftTranslated,
  type TranslatedMessage,
  type TranslationChoice,
  type TranslationForm,
  type TranslationSettings,
  type TranslationStanding,
  type TranslationTried,
} from '@kezhan/api'
import { take } from '../../call'

const at = (conversation_id: string): { path: { conversation_id: string } } => ({ path: { conversation_id } })

export const readSettings = (): Promise<TranslationSettings> => take(translationSettings())

export const putSettings = (body: TranslationForm): Promise<TranslationSettings> => take(translationPutSettings({ body }))

export const tryService = (body: TranslationForm): Promise<TranslationTried> => take(translationTry({ body }))

export const readStanding = (id: string): Promise<TranslationStanding> => take(translationStanding(at(id)))

export const choose = (id: string, body: TranslationChoice): Promise<unknown> => take(translationChoose({ ...at(id), body }))

export const end = (id: string): Promise<unknown> => take(translationEnd(at(id)))

export const readMessages = async (id: string, seqs: number[]): Promise<TranslatedMessage[]> =>
  (await take(translationMessages({ ...at(id), body: { seqs } }))).items ?? []

export const readDraft = (id: string, text: string): Promise<DraftTranslated> => take(translationDraft({ ...at(id), body: { text } }))
