export { useSession } from './session'
export { useMembers, useTeams } from './people'
