import en from '../../../../../../kezhan/locales/en/widget_thread.json'
import zh from '../../../../../../kezhan/locales/zh-CN/widget_thread.json'
import { learn } from '../words'

learn({ 'zh-CN': zh, en })
