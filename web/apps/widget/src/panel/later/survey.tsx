import './survey.css'
import { answerSurvey, type Refused, survey, type Survey as Asked, type SurveyAnswer, type SurveyQuestion, type SurveyReply } from '@kezhan/client'
import { Component, h } from 'preact'
import type { Chat } from '../chat'
import { t } from '../words'

interface Props {
  chat: Chat
  id: string
}

interface State {
  asked: Asked | null
  /** What she has chosen and typed, sent or not. */
  draft: SurveyAnswer
  /** What follows the first tap is open. */
  more: boolean
  sending: boolean
  fault: string
}

const FACES = ['😞', '🙁', '😐', '🙂', '😄']

/** [value, what is seen, what is read aloud]. messages: widget_more.survey.csat.* */
function signs({ kind }: SurveyQuestion, look: Asked['look']): [number, string, string][] {
  if (kind === 'resolved') return [[1, t('widget_more.survey.yes'), ''], [0, t('widget_more.survey.no'), '']]
  if (kind === 'nps') return [...Array(11).keys()].map((value) => [value, `${value}`, t('widget_more.survey.points', { n: value })])
  return FACES.map((face, at) => [at + 1, look === 'faces' ? face : '☆', t(`widget_more.survey.csat.${at + 1}`)])
}

/** A survey in the thread: the first question is answered by one tap, the rest may follow. */
export class Survey extends Component<Props, State> {
  override state: State = { asked: null, draft: { replies: [] }, more: false, sending: false, fault: '' }

  override componentDidMount(): void {
    void this.read()
  }

  private readonly read = async (): Promise<void> => {
    this.setState({ fault: '' })
    try {
      const asked = await survey(this.props.chat.client, this.props.id)
      this.setState({ asked, draft: asked.answer ?? { replies: [] } })
    } catch {
      this.setState({ fault: t('widget_more.survey.unread') })
    }
  }

  private reply(key: string): SurveyReply {
    return this.state.draft.replies.find((one) => one.key === key) ?? { key }
  }

  private with(reply: SurveyReply): SurveyAnswer {
    const { draft } = this.state
    return { ...draft, replies: [...draft.replies.filter(({ key }) => key !== reply.key), reply] }
  }

  /** Keeps `draft`; with the last part of it the card comes to rest. */
  private async send(draft: SurveyAnswer, more: boolean): Promise<void> {
    if (this.state.sending) return
    this.setState({ draft, sending: true, fault: '' })
    try {
      const asked = await answerSurvey(this.props.chat.client, this.props.id, draft)
      this.setState({ asked, more })
    } catch (why) {
      this.setState({ fault: (why as Refused).message || t('widget_more.survey.unsent') })
    }
    this.setState({ sending: false })
  }

  private readonly tap = (question: SurveyQuestion, number: number): void => {
    const draft = this.with({ key: question.key, number })
    const { asked, more } = this.state
    const follows = asked!.comment || asked!.questions.length > 1
    if (question === asked!.questions[0] && !more) void this.send(draft, follows)
    else this.setState({ draft })
  }

  private readonly submit = (event: Event): void => {
    event.preventDefault()
    void this.send(this.state.draft, false)
  }

  private rated(question: SurveyQuestion) {
    const { asked, sending } = this.state
    const chosen = this.reply(question.key).number
    const marked = (value: number): boolean => (question.kind === 'csat' && asked!.look === 'stars' ? value <= (chosen ?? 0) : value === chosen)
    return (
      <div class={`marks ${question.kind} ${question.kind === 'csat' ? asked!.look : ''}`}>
        {signs(question, asked!.look).map(([value, sign, aloud]) => (
          <button
            key={value} type="button" class={marked(value) ? 'mark on' : 'mark'} aria-pressed={value === chosen}
            aria-label={aloud || undefined} title={aloud || undefined} disabled={sending} onClick={() => this.tap(question, value)}
          >{sign === '☆' && marked(value) ? '★' : sign}</button>
        ))}
      </div>
    )
  }

  private chooses(question: SurveyQuestion) {
    const { chosen = [] } = this.reply(question.key)
    const many = question.kind === 'many'
    const turn = (at: number, on: boolean): void => {
      const others = many ? chosen.filter((other) => other !== at) : []
      this.setState({ draft: this.with({ key: question.key, chosen: on ? [...others, at] : others }) })
    }
    return question.options.map((option, at) => (
      <label key={at} class="option">
        <input
          type={many ? 'checkbox' : 'radio'} name={`${this.props.id}.${question.key}`} checked={chosen.includes(at)}
          onChange={({ currentTarget }) => turn(at, currentTarget.checked)}
        />
        <span>{option}</span>
      </label>
    ))
  }

  private question(question: SurveyQuestion) {
    const { key, kind, text } = question
    const name = `${this.props.id}.${key}`
    if (kind === 'text')
      return (
        <label key={key}>
          {text}
          <textarea
            rows={2} maxLength={500} value={this.reply(key).text ?? ''}
            onInput={({ currentTarget }) => this.setState({ draft: this.with({ key, text: currentTarget.value }) })}
          />
        </label>
      )
    return (
      <div key={key} role="group" aria-labelledby={name}>
        <p id={name}>{text}</p>
        {kind === 'one' || kind === 'many' ? this.chooses(question) : this.rated(question)}
      </div>
    )
  }

  override render() {
    const { asked, draft, more, sending, fault } = this.state
    const told = fault && <p class="fault" role="alert">{fault}</p>
    if (!asked) return fault ? <button class="text" onClick={this.read}>{fault}</button> : <p class="survey">…</p>
    if (asked.over) return <p class="survey over">{t('widget_more.survey.over')}</p>
    const [first, ...others] = asked.questions
    return (
      <form class="survey" onSubmit={this.submit}>
        {this.question(first!)}
        {asked.answer && <p role="status" class="thanks">{asked.thanks}</p>}
        {asked.answer && !more && (asked.comment || !!others.length) && (
          <button type="button" class="text" onClick={() => this.setState({ more: true })}>{t('widget_more.survey.change')}</button>
        )}
        {more && others.map((question) => this.question(question))}
        {more && asked.comment && (
          <label>
            {t('widget_more.survey.comment')}
            <textarea
              rows={2} maxLength={1000} value={draft.comment ?? ''}
              onInput={({ currentTarget }) => this.setState({ draft: { ...draft, comment: currentTarget.value } })}
            />
          </label>
        )}
        {told}
        {more && <button class="send" disabled={sending}>{t('widget_more.survey.send')}</button>}
      </form>
    )
  }
}
