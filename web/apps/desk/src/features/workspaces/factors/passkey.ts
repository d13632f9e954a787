/** Whether this browser and this address know passkeys at all: they are bound to a name, over TLS. */
export const passkeysHere = (): boolean =>
  typeof PublicKeyCredential !== 'undefined' && isSecureContext && !/^[\d.]+$|:/.test(location.hostname)

// She may well think better of it, and browsers say the same of a device that does not have the key.
const GIVEN_UP = ['NotAllowedError', 'AbortError']

async function unlessGivenUp(asked: Promise<Credential | null>): Promise<string | null> {
  try {
    const found = await asked
    return found instanceof PublicKeyCredential ? JSON.stringify(found.toJSON()) : null
  } catch (thrown) {
    if (thrown instanceof DOMException && GIVEN_UP.includes(thrown.name)) return null
    throw thrown
  }
}

/** What her device signs, as the server reads it; null: given up. `options` as the server sent them. */
export const showPasskey = (options: string): Promise<string | null> =>
  unlessGivenUp(navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(options)) }))

/** A new one on her device; null: given up. */
export const makePasskey = (options: string): Promise<string | null> =>
  unlessGivenUp(navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(JSON.parse(options)) }))
