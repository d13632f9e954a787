import { need } from '../words'

need('widget_thread')
