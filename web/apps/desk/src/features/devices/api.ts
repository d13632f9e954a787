import {
  conversationsListMentions,
  devicesAdd,
  devicesGetPersonal,
  devicesList,
  devicesPutPersonal,
  devicesRemove,
  type DeviceForm,
  type DeviceList,
  type DeviceView,
  type Mention,
  type Personal,
  type PersonalView,
} from '@kezhan/api'
import { useQuery } from '@tanstack/vue-query'
import { take } from '../../call'

export const readPersonal = (): Promise<PersonalView> => take(devicesGetPersonal())
export const putPersonal = (settings: Personal): Promise<PersonalView> => take(devicesPutPersonal({ body: { settings } }))
export const readDevices = (): Promise<DeviceList> => take(devicesList())
export const addDevice = (body: DeviceForm): Promise<DeviceView> => take(devicesAdd({ body }))
export const removeDevice = (device_id: string): Promise<unknown> => take(devicesRemove({ path: { device_id } }))

/** What the reader was named in last. */
export const newestMention = async (): Promise<Mention | null> => (await take(conversationsListMentions({ query: { limit: 1 } }))).items[0] ?? null

const DEVICES = 'devices'

export const useDevices = () => useQuery({ queryKey: [DEVICES], queryFn: readDevices })
