import type { CapabilitiesView, ChannelKind, ChannelView } from '@kezhan/api'

const capabilities: CapabilitiesView = {
  receives: ['text'], sends: ['text'], text_length: 10_000, file_bytes: 20_971_520,
  quote: true, edit: true, recall: true, closing: true, receipts: true, typing: true,
}

export const webchat: ChannelKind = {
  name: 'webchat', label: '网站聊天', help: '在网站里加一行代码。', capabilities, secrets: null, makes_secret: true,
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
  name: 'open', label: '开放渠道', help: '用签名的接口接入任意平台。', capabilities, secrets: null, makes_secret: true,
  settings: { 'x-order': ['webhook_url'], properties: { webhook_url: { type: 'string', format: 'uri', maxLength: 2000, default: '', title: '回调地址' } } },
}

/** A kind whose platform gives the credentials: they are asked for and never shown. */
export const mail: ChannelKind = {
  name: 'mail', label: '邮箱', help: '', capabilities, makes_secret: false,
  settings: { 'x-order': ['address'], properties: { address: { type: 'string', title: '地址' } } },
  secrets: { 'x-order': ['app_secret'], properties: { app_secret: { type: 'string', title: '授权码' } } },
}

export const channel = (more: Partial<ChannelView> = {}): ChannelView => ({
  id: 'c1', adapter: 'webchat', name: '官网', public_key: 'kzp_1', settings: { title: '茶铺' }, hook: null, has_secret: true, working: true,
  created_at: '2026-11-01T00:00:00.000Z', archived_at: null, ...more,
})
