// What people do with teams: the call, the cache, and the toast with Undo.
import { api, type Session, type Team } from '@/api'
import { sentence } from './problems'
import { keys, queryClient, refresh, refreshJobs } from './query'
import { say } from './toast'

const failed = (problem: unknown) => say('toast.plain', { name: sentence(problem) }, { seconds: 10 })

/** After anything that changes a team: who is in it is who sees what is shared with it. */
export function refreshTeam(id: string) {
  refresh(keys.teams, keys.team(id), keys.trash, keys.projects, ['project'])
  refreshJobs()
}

export async function restoreTeam(id: string, name: string) {
  await api.restoreTeam(id).then(() => say('toast.restored', { name }), failed)
  refreshTeam(id)
}

type Somebody = { id: string; name: string }

/** Puts somebody in or takes them out, at once. Whether it was done. */
export async function setInside(team: Team, person: Somebody, inside: boolean): Promise<boolean> {
  try {
    await (inside ? api.addToTeam(team.id, person.id) : api.takeOutOfTeam(team.id, person.id))
  } catch (problem) {
    failed(problem)
    return false
  }
  say(inside ? 'toast.person_added' : 'toast.person_taken_out', { name: person.name, team: team.name })
  refreshTeam(team.id)
  return true
}

/** After somebody was taken out; the opposite is the undo. Whoever took themselves out of a team of others cannot put themselves back. */
export function tookOut(team: Team, person: Somebody) {
  const session = queryClient.getQueryData<Session>(keys.session)
  const me = session?.account.id
  const back = person.id !== me || session?.organization?.role === 'admin' || team.created_by.id === me
  say('toast.person_taken_out', { name: person.name, team: team.name }, back ? { undo: () => setInside(team, person, true) } : {})
  refreshTeam(team.id)
}
