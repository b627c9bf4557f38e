// What people do with teams: the call, the cache, and the toast with Undo.
import { api, type Team } from '@/api'
import { sentence } from './problems'
import { keys, refresh, refreshJobs } from './query'
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

/** After somebody was taken out; the opposite is the undo. */
export function tookOut(team: Team, person: Somebody) {
  say('toast.person_taken_out', { name: person.name, team: team.name }, { undo: () => setInside(team, person, true) })
  refreshTeam(team.id)
}
