import type { CapabilitiesView, ChannelFigures, ChannelKind, ChannelView, HealthView } from '@kezhan/api'

const capabilities: CapabilitiesView = {
  receives: ['text'], sends: ['text'], text_length: 10_000, text_unit: 'characters', file_bytes: 20_971_520, files: {},
  quote: true, edit: true, recall: true, closing: true, receipts: true, typing: true, templates: false, cards: false, places: false, persons: false, window: null,
}

export const webchat: ChannelKind = {
  name: 'webchat', label: '网站聊天', help: '在网站里加一行代码。', capabilities, secrets: null, makes_secret: true, experimental: false, testable: false,
  settings: {
    'x-order': ['title', 'accent', 'greeting', 'languages', 'position', 'launcher', 'origins'],
    properties: {
      title: { type: 'string', maxLength: 60, default: '', title: '站点名称', description: '显示在聊天窗口顶部。' },
      accent: { type: 'string', format: 'color', default: '#1f5c4a', title: '主题色', description: '' },
      greeting: { type: 'string', format: 'textarea', maxLength: 500, default: '', title: '欢迎语', description: '' },
      languages: { type: 'array', items: { enum: ['zh-CN', 'en'] }, default: ['zh-CN', 'en'], title: '界面语言', 'x-options': { 'zh-CN': '简体中文', en: '英文' } },
      position: { enum: ['left', 'right'], default: 'right', title: '按钮位置', 'x-options': { left: '左侧', right: '右侧' } },
      launcher: { type: 'boolean', default: true, title: '显示聊天按钮', description: '关闭后只能由页面自己的按钮打开。' },
      origins: { type: 'array', items: { type: 'string' }, default: [], title: '允许的网站', description: '' },
    },
  },
}

export const open: ChannelKind = {
  name: 'open', label: '开放渠道', help: '用签名的接口接入任意平台。', capabilities, secrets: null, makes_secret: true, experimental: false, testable: false,
  settings: { 'x-order': ['webhook_url'], properties: { webhook_url: { type: 'string', format: 'uri', maxLength: 2000, default: '', title: '回调地址' } } },
}

/** A kind whose platform gives the credentials: they are asked for and never shown. */
export const mail: ChannelKind = {
  name: 'mail', label: '邮箱', help: '', capabilities, makes_secret: false, experimental: false, testable: true,
  settings: { 'x-order': ['address'], properties: { address: { type: 'string', title: '地址' } } },
  secrets: { 'x-order': ['app_secret'], properties: { app_secret: { type: 'string', title: '授权码' } } },
}

export const channel = (more: Partial<ChannelView> = {}): ChannelView => ({
  id: 'c1', adapter: 'webchat', name: '官网', public_key: 'kzp_1', settings: { title: '茶铺' }, hook: null, has_secret: true, working: true, share: 100, forward_url: '',
  created_at: '2026-11-01T00:00:00.000Z', archived_at: null, ...more,
})

/** A platform with everything a form can ask for, and a connection that can be tried. */
export const oa: ChannelKind = {
  name: 'wechat_oa', label: '微信公众号', help: '粉丝发来的消息进入客栈。', capabilities, makes_secret: false, experimental: false, testable: true,
  settings: {
    'x-order': ['app_id', 'messages', 'api_url'],
    properties: {
      app_id: { type: 'string', default: '', title: 'AppID', description: '以 wx 开头。' },
      messages: { type: 'integer', minimum: 1, maximum: 50, default: 5, title: '可回复条数', 'x-advanced': true },
      api_url: { type: 'string', format: 'uri', default: 'https://api.weixin.qq.com', title: '接口地址', 'x-advanced': true },
    },
  },
  secrets: {
    'x-order': ['app_secret', 'aes_key'], required: ['app_secret'],
    properties: { app_secret: { type: 'string', title: 'AppSecret' }, aes_key: { type: 'string', default: '', title: 'EncodingAESKey' } },
  },
}

export const health = (more: Partial<HealthView> = {}): HealthView => ({
  id: 'c1', working: true, fault: '', why: '', name: '', expires_at: null, since: null, checked_at: null, last_in_at: null, last_out_at: null,
  received: 0, parked: 0, waiting_in: 0, passing: 0, unpassed: 0, pass_fault: '', delay_ms: null, sent: 0, failed: 0, waiting_out: 0, oldest_at: null, ...more,
})

export const figures = (more: Partial<ChannelFigures> = {}): ChannelFigures => ({
  since: '2026-11-20T01:00:00.000Z', conversations: 40, customers: 30, answered: 28, median_first_response: 12.4, p90_first_response: 30, counted: 28, service_level: 0.91,
  messages_in: 120, messages_out: 99, sent: 95, failed: 4, failed_rate: 0.0404, received: 130, parked: 0, error_rate: 0.0174, delay_ms: 300, ...more,
})
