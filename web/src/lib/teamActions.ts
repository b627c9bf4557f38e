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

/** Puts somebody in or takes them out; the opposite is the undo. */
export async function setInside(team: Team, person: { id: string; name: string }, inside: boolean, undo = true): Promise<boolean> {
  try {
    await (inside ? api.addToTeam(team.id, person.id) : api.takeOutOfTeam(team.id, person.id))
  } catch (problem) {
    failed(problem)
    return false
  }
  const back = undo ? () => setInside(team, person, !inside, false).then(() => undefined) : undefined
  say(inside ? 'toast.person_added' : 'toast.person_taken_out', { name: person.name, team: team.name }, { undo: back })
  refreshTeam(team.id)
  return true
}
