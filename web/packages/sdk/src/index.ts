import { createClient, createConfig, type Client } from '../../api/src/generated/client/index.js'

export * from '../../api/src/generated/index.js'
export type { Client }

/** A client for the house at `address` with an API key; hand it to every call as `client`. */
export const createKezhan = (address: string, key: string): Client =>
  createClient(createConfig({ baseUrl: address.replace(/\/$/, ''), headers: { Authorization: `Bearer ${key}` } }))
