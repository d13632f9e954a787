import type { Words } from '../i18n'

// The widget's words stay out, they travel with the widget; refusals of rooms that say nothing else come with the answer;
// what only some pages say comes with them.
export const words = import.meta.glob<Words>(
  [
    '../../../../../kezhan/locales/zh-CN/*.json',
    '!../../../../../kezhan/locales/zh-CN/{widget,widget_more,widget_thread}.json',
    '!../../../../../kezhan/locales/zh-CN/{backup,contacts,fields,files,forms,hours,integrations,kit,orders,proactive,realtime,reports,routing,segments,staffchat,tagging,tags,views,visits,workspaces}.json',
    '!../../../../../kezhan/locales/zh-CN/{audit,desk_access,desk_backup,desk_channels,desk_company,desk_consent,desk_fields,desk_hooks,desk_hours,desk_import,desk_monitor,desk_person,desk_privacy,desk_reception,desk_roles,desk_segments,desk_tagging,desk_timeline,staffing}.json',
  ],
  { eager: true, import: 'default' },
)
