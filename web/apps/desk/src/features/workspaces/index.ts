export { useSession } from './session'
export { useMembers } from './people'
