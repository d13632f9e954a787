import './emoji.css'
import { Component, createRef, h } from 'preact'
import { t } from '../words'

// One list, without variants of skin and without flags: what people use in a conversation with a shop.
const SIGNS = [
  '😀😃😄😁😆😅🤣😂🙂🙃😉😊😇🥰😍🤩😘😗😚😋😛😜🤪😝🤑🤗🤭🤫🤔🤐🤨😐😑😶😏😒🙄😬😌😔😪😴😷🤒🤕🤢🤧🥵🥶😵🤯🥳😎🤓🧐😕😟🙁😮😯😲😳🥺😦😧😨😰😥😢😭😱😖😣😞😓😩😫🥱😤😡😠',
  '👍👎👌🤞🤟🤙👈👉👆👇👋🤚✋👏🙌👐🤲🤝🙏💪👀💯💢💥💫💦💤❤🧡💛💚💙💜🖤🤍💔💕💖💗💘💝💌🌹🌷🌸💐🌱🌿🍀🍃🍂🍁🌞🌝⭐🌟✨⚡🔥🌈☁❄🌧',
  '🍵🫖☕🥛🍶🍺🍻🥂🍷🧋🍚🍜🥟🍡🍰🎂🍪🍫🍬🍎🍊🍋🍑🍓🍇🍉🎁🎉🎊🎈🏮🧧🎀🛍🛒💰💴💳🧾📦🚚✈🚗🏠🏪📱💻📷📞✉📅⏰⌛🔑🔧📌📎✏✅❌❓❗⭕🆗',
].map((group) => [...group])

interface Props {
  insert: (sign: string) => void
  shut: () => void
}

export class Emoji extends Component<Props> {
  private readonly frame = createRef<HTMLDivElement>()

  override componentDidMount(): void {
    this.frame.current!.querySelector('button')!.focus()
  }

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }
    if (event.key === 'Escape') this.props.shut()
    else if (event.key in steps) {
      const all = [...this.frame.current!.querySelectorAll('button')]
      all[all.indexOf(document.activeElement as HTMLButtonElement) + steps[event.key]!]?.focus()
    } else return
    event.preventDefault()
  }

  override render() {
    const { insert, shut } = this.props
    const pick = (sign: string): void => {
      insert(sign)
      shut()
    }
    return (
      <div class="signs" ref={this.frame} role="group" aria-label={t('widget_thread.emoji')} onKeyDown={this.onKeyDown}>
        {SIGNS.map((group) => group.map((sign, at) => (
          <button key={sign} type="button" tabIndex={group === SIGNS[0] && !at ? 0 : -1} onClick={() => pick(sign)}>{sign}</button>
        )))}
      </div>
    )
  }
}
